// SPDX-License-Identifier: Apache-2.0
#include "codec/byte_reader.hpp"
#include "command/apdu.hpp"

#include <trustx/commands.hpp>

namespace trustx {
namespace {

constexpr std::uint8_t calc_hash_tag_message = 0x00;       // plus the sequence
constexpr std::uint8_t calc_hash_tag_object_slice = 0x10;  // plus the sequence
constexpr std::uint8_t calc_hash_tag_import_context = 0x06;
constexpr std::uint8_t calc_hash_tag_export_context = 0x07;
constexpr std::uint8_t calc_hash_tag_digest = 0x01;
constexpr std::uint8_t calc_hash_tag_context = 0x06;

bool gives_digest(CalcHash::Sequence sequence) {
    using enum CalcHash::Sequence;
    return sequence == start_final || sequence == final || sequence == peek;
}

bool goes_on(CalcHash::Sequence sequence) {
    using enum CalcHash::Sequence;
    return sequence == proceed || sequence == final || sequence == peek;
}

bool may_export(CalcHash::Sequence sequence) {
    return sequence == CalcHash::Sequence::start || sequence == CalcHash::Sequence::proceed;
}

}  // namespace

CommandFacts CalcHash::facts() const {
    const auto* slice = std::get_if<ObjectSlice>(&data);
    return {.param = 0xE2, .object = slice == nullptr ? std::nullopt : std::optional{slice->object}};
}

Result<void> CalcHash::encode(ApduWriter& apdu) const {
    if (!import_context.empty() && (import_context.size() != context_size || !goes_on(sequence))) {
        return fail(Errc::argument_invalid, "import of a context of " + std::to_string(import_context.size()) +
                                                " bytes; it has 130 and belongs to a hash that goes on");
    }
    if (export_context && !may_export(sequence)) {
        return fail(Errc::argument_invalid, "export of a context where none is left");
    }
    const auto sequence_bits = static_cast<std::uint8_t>(sequence);
    if (const auto* slice = std::get_if<ObjectSlice>(&data)) {
        apdu.u8(calc_hash_tag_object_slice | sequence_bits);
        apdu.u16(6);
        apdu.u16(slice->object.value);
        apdu.u16(slice->offset);
        apdu.u16(slice->length);
    } else {
        apdu.tlv(calc_hash_tag_message | sequence_bits, std::get<CommandBytes>(data));
    }
    if (!import_context.empty()) {
        apdu.tlv(calc_hash_tag_import_context, import_context);
    }
    if (export_context) {
        apdu.tlv(calc_hash_tag_export_context, {});
    }
    return {};
}

Result<CalcHash::Response> CalcHash::decode(ByteView answer) const {
    Response response;
    ByteReader reader{answer};
    const auto take = [&](std::uint8_t tag, std::size_t size) {
        reader.expect(tag);
        const ByteView value = reader.u16() == size ? reader.bytes(size) : ByteView{};
        if (value.size() != size) {
            reader.fail();
        }
        return Bytes{value.begin(), value.end()};
    };
    if (export_context) {
        response.context = take(calc_hash_tag_context, context_size);
    } else if (gives_digest(sequence)) {
        response.digest = take(calc_hash_tag_digest, digest_size);
    }
    if (!reader.done()) {
        return fail(Errc::response_malformed, "hash answer of " + std::to_string(answer.size()) + " bytes");
    }
    return response;
}

}  // namespace trustx
