// SPDX-License-Identifier: Apache-2.0
// CalcHash with its sequences, object data and portable context (chip-commands.md section 6.7).
#include "common/try.hpp"
#include "model/command/command.hpp"
#include "model/command/tlv.hpp"

#include <algorithm>

namespace trustx::sim {

namespace {

constexpr std::uint8_t calc_hash_param_sha256 = 0xE2;
constexpr std::uint8_t calc_hash_tag_digest = 0x01;
constexpr std::uint8_t calc_hash_tag_context = 0x06;
constexpr std::uint8_t calc_hash_tag_export = 0x07;
constexpr std::size_t context_size = 130;

enum class Step : std::uint8_t { start = 0, start_final = 1, carry_on = 2, final = 3, terminate = 4, keep = 5 };

bool yields_digest(Step step) {
    return step == Step::start_final || step == Step::final || step == Step::keep;
}
bool continues(Step step) {
    return step == Step::carry_on || step == Step::final || step == Step::keep;
}

struct HashRequest {
    Step step;
    bool from_object;
    ByteView data;  // message, or OID, offset and length
    std::optional<ByteView> imported;
    bool exported;
};

Outcome<HashRequest> parse(const Request& request) {
    TlvReader reader{request.data};
    const std::uint8_t tag = reader.next_tag().value_or(0xFF);
    const bool known = (tag & 0xF0U) <= 0x10 && (tag & 0x0FU) <= 5;
    if (!known) {
        return fail(ErrorCode::invalid_parameter_in_data);
    }
    HashRequest parsed{};
    parsed.step = static_cast<Step>(tag & 0x0FU);
    parsed.from_object = (tag & 0xF0U) == 0x10;
    parsed.data = reader.take(tag);
    if (reader.next_is(calc_hash_tag_context)) {
        parsed.imported = reader.take(calc_hash_tag_context);
    }
    if (reader.next_is(calc_hash_tag_export)) {
        reader.take_empty(calc_hash_tag_export);
        parsed.exported = true;
    }
    TRYV(reader.finish());
    const bool import_fits = !parsed.imported || (continues(parsed.step) && parsed.imported->size() == context_size);
    const bool export_fits = !parsed.exported || parsed.step == Step::start || parsed.step == Step::carry_on;
    const bool termination_is_empty = parsed.step != Step::terminate || (parsed.data.empty() && !parsed.from_object);
    if (!import_fits || !export_fits || !termination_is_empty) {
        return fail(ErrorCode::invalid_parameter_in_data);
    }
    return parsed;
}

// The context is the saved state and a check value that only this chip can compute. The two fill it: no byte of it can
// be changed unnoticed.
constexpr std::ptrdiff_t check_value_size = context_size - Sha256::saved_size;

Bytes check_value(const ChipState& chip, ByteView saved) {
    Sha256 hash;
    hash.update(chip.context_key);
    hash.update(saved);
    const auto digest = hash.finish();
    static_assert(std::tuple_size_v<decltype(digest)> >= check_value_size);
    return {digest.begin(), digest.begin() + check_value_size};
}

Bytes export_context(const ChipState& chip, const Sha256& hash) {
    Bytes context = hash.save();
    append(context, check_value(chip, Bytes(context)));
    return context;
}

Outcome<Sha256> import_context(const ChipState& chip, ByteView context) {
    const ByteView saved = context.first(Sha256::saved_size);
    const Bytes expected = check_value(chip, saved);
    if (!std::equal(expected.begin(), expected.end(), context.begin() + Sha256::saved_size)) {
        return fail(ErrorCode::invalid_parameter_in_data);
    }
    return Sha256::restore(saved);
}

Outcome<ByteView> message(const CommandContext& context, const HashRequest& request) {
    if (!request.from_object) {
        return request.data;
    }
    ByteReader reader{request.data};
    const auto id = static_cast<ObjectId>(reader.u16());
    const std::size_t offset = reader.u16();
    const std::size_t length = reader.u16();
    if (!reader.complete()) {
        return fail(ErrorCode::invalid_length);
    }
    const Object* object = context.chip.find(id);
    if (object == nullptr) {
        return fail(ErrorCode::invalid_oid);
    }
    const bool readable_kind = object->kind == ObjectKind::data || object->kind == ObjectKind::system;
    if (!readable_kind || !context.chip.permits(object->metadata.read, *object)) {
        return fail(ErrorCode::access_conditions_not_satisfied);
    }
    if (offset + length > object->content.size()) {
        return fail(ErrorCode::object_boundary_exceeded);
    }
    return ByteView{object->content}.subspan(offset, length);
}

// state_before is what the data is hashed into: nothing for a start, else the imported or the running hash.
Outcome<Sha256> state_before(const CommandContext& context, const HashRequest& request) {
    if (!continues(request.step)) {
        return Sha256{};
    }
    if (request.imported) {
        return import_context(context.chip, *request.imported);
    }
    if (!context.application.running_hash) {
        return fail(ErrorCode::command_out_of_sequence);
    }
    return *context.application.running_hash;
}

}  // namespace

Outcome<Bytes> calc_hash(CommandContext& context, const Request& request) {
    if (request.param != calc_hash_param_sha256) {
        return fail(ErrorCode::invalid_param);
    }
    TRY(const auto parsed, parse(request));
    auto& running = context.application.running_hash;
    if (parsed.step == Step::terminate) {
        running.reset();
        return Bytes{};
    }
    TRY(auto hash, state_before(context, parsed));
    TRY(const auto data, message(context, parsed));
    hash.update(data);

    // An exported state leaves the chip; a finished one is gone unless the step says to keep it.
    const bool stays = !parsed.exported && (!yields_digest(parsed.step) || parsed.step == Step::keep);
    running = stays ? std::optional<Sha256>(hash) : std::nullopt;
    Bytes out;
    if (yields_digest(parsed.step)) {
        append_tlv(out, calc_hash_tag_digest, hash.finish());
    } else if (parsed.exported) {
        append_tlv(out, calc_hash_tag_context, export_context(context.chip, hash));
    }
    return out;
}

}  // namespace trustx::sim
