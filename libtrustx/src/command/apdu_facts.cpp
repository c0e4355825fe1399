// SPDX-License-Identifier: Apache-2.0
#include "command/apdu_facts.hpp"

#include "codec/byte_reader.hpp"
#include "command/apdu.hpp"

#include <algorithm>
#include <array>

namespace trustx {
namespace {

// Where a command names its object: chip-commands.md section 6.
enum class ObjectAt : std::uint8_t { nowhere, front, tlv };

// Openness is what may be shown of a command's InData and of its answer's OutData.
struct Openness {
    std::size_t prefix;  // of InData
    bool answer;
};
constexpr std::size_t everything = max_apdu_size;
constexpr Openness open{everything, true};
constexpr Openness question_only{everything, false};
constexpr Openness header_only{0, false};

struct Row {
    std::uint8_t command;
    std::string_view name;
    ObjectAt object_at;
    std::uint8_t tag;  // of the TLV that names the object
    Openness openness;
};

constexpr std::uint8_t get_data_object = 0x01;
constexpr std::uint8_t set_data_object = 0x02;
constexpr std::uint8_t calc_hash = 0x30;
constexpr std::uint8_t gen_key_pair = 0x38;
constexpr std::uint8_t param_metadata = 0x01;
constexpr std::uint8_t tag_export = 0x07;

// The command set of Trust X, chip-commands.md section 2. Secret are: what the chip draws at random, shared secrets,
// derived keys and their seeds, exported private keys, messages and their half-done hashes, DTLS traffic.
constexpr std::array table{
    Row{get_data_object, "GetDataObject", ObjectAt::front, 0, question_only},
    Row{set_data_object, "SetDataObject", ObjectAt::front, 0, {4, true}},  // object and offset
    Row{0x0C, "GetRandom", ObjectAt::nowhere, 0, question_only},
    Row{0x10, "SetAuthScheme", ObjectAt::front, 0, open},
    Row{0x18, "GetAuthMsg", ObjectAt::nowhere, 0, open},
    Row{0x19, "SetAuthMsg", ObjectAt::nowhere, 0, open},
    Row{0x1A, "ProcUpLinkMsg", ObjectAt::nowhere, 0, header_only},
    Row{0x1B, "ProcDownLinkMsg", ObjectAt::nowhere, 0, header_only},
    Row{calc_hash, "CalcHash", ObjectAt::nowhere, 0, header_only},
    Row{0x31, "CalcSign", ObjectAt::tlv, 0x03, open},
    Row{0x32, "VerifySign", ObjectAt::tlv, 0x04, open},
    Row{0x33, "CalcSSec", ObjectAt::tlv, 0x01, question_only},
    Row{0x34, "DeriveKey", ObjectAt::tlv, 0x01, header_only},
    Row{gen_key_pair, "GenKeyPair", ObjectAt::tlv, 0x01, open},
    Row{0x70, "OpenApplication", ObjectAt::nowhere, 0, open},
};

std::optional<ByteView> find_tlv(ByteView in_data, std::uint8_t tag) noexcept {
    ByteReader reader{in_data};
    while (reader.left() > 0) {
        const std::uint8_t found = reader.u8();
        const ByteView value = reader.bytes(reader.u16());
        if (found == tag && !reader.failed()) {
            return value;
        }
    }
    return std::nullopt;
}

std::optional<ObjectId> object_in(ByteView bytes) noexcept {
    if (bytes.size() < 2) {
        return std::nullopt;
    }
    return ObjectId{static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1])};
}

std::optional<ObjectId> find_object(const Row& row, ByteView in_data) noexcept {
    switch (row.object_at) {
        case ObjectAt::nowhere:
            return std::nullopt;
        case ObjectAt::front:
            return object_in(in_data);
        case ObjectAt::tlv:
            return object_in(find_tlv(in_data, row.tag).value_or(ByteView{}));
    }
    return std::nullopt;
}

// CalcHash hashes bytes it is given (tags 00 to 05) or those of an object (tags 10 to 15).
std::optional<ObjectId> hashed_object(ByteView in_data) noexcept {
    constexpr std::size_t tag_and_length = 3;
    constexpr int data_source_shift = 4;
    if (in_data.size() < tag_and_length || in_data[0] >> data_source_shift != 1) {
        return std::nullopt;
    }
    return object_in(in_data.subspan(tag_and_length));
}

// Everybody may know the system objects and the certificates. Data objects may hold keys (chip-commands.md section
// 6.11), and so may whatever the map does not list.
bool holds_no_secret(std::optional<ObjectId> object) noexcept {
    const ObjectInfo* info = object ? describe(*object) : nullptr;
    return info != nullptr && (info->kind == ObjectKind::system || info->kind == ObjectKind::certificate ||
                               info->kind == ObjectKind::trust_anchor);
}

void refine_data_object(ApduFacts& facts, Openness& openness) noexcept {
    if (facts.param == param_metadata) {
        facts.name = facts.command == get_data_object ? "GetDataObject (metadata)" : "SetDataObject (metadata)";
        openness = open;
    } else if (holds_no_secret(facts.object)) {
        openness = open;
    }
}

}  // namespace

ApduFacts examine_apdu(ByteView command) noexcept {
    constexpr std::uint8_t clear_last_error = 0x80;
    ApduFacts facts;
    facts.size = command.size();
    facts.public_prefix = std::min(command.size(), apdu_header_size);
    if (command.size() < apdu_header_size) {
        return facts;
    }
    facts.command = command[0] & static_cast<std::uint8_t>(~clear_last_error);
    facts.param = command[1];
    const auto* row = std::ranges::find(table, facts.command, &Row::command);
    if (row == table.end()) {
        return facts;
    }
    const ByteView in_data = command.subspan(apdu_header_size);
    Openness openness = row->openness;
    facts.name = row->name;
    facts.object = row->command == calc_hash ? hashed_object(in_data) : find_object(*row, in_data);
    if (row->command == get_data_object || row->command == set_data_object) {
        refine_data_object(facts, openness);
    } else if (row->command == gen_key_pair && find_tlv(in_data, tag_export)) {
        openness.answer = false;
    }
    facts.public_prefix = apdu_header_size + std::min(in_data.size(), openness.prefix);
    facts.public_answer = openness.answer;
    return facts;
}

}  // namespace trustx
