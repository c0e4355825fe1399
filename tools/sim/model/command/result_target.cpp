// SPDX-License-Identifier: Apache-2.0
#include "model/command/result_target.hpp"

#include "common/try.hpp"

namespace trustx::sim {

namespace {

constexpr std::uint8_t result_target_tag_export = 0x07;
constexpr std::uint8_t result_target_tag_session = 0x08;

}  // namespace

Outcome<ResultTarget> take_result_target(TlvReader& reader) {
    ResultTarget target;
    if (reader.next_is(result_target_tag_session)) {
        target.session = reader.take_oid(result_target_tag_session);
    } else {
        reader.take_empty(result_target_tag_export);
    }
    TRYV(reader.finish());
    if (target.session && !is_session(*target.session)) {
        return fail(ErrorCode::invalid_oid);
    }
    return target;
}

Bytes deliver(CommandContext& context, const ResultTarget& target, Bytes secret) {
    if (!target.session) {
        return secret;
    }
    context.application.session(*target.session) = SharedSecret{std::move(secret)};
    return {};
}

}  // namespace trustx::sim
