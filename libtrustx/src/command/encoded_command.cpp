// SPDX-License-Identifier: Apache-2.0
#include "command/encoded_command.hpp"

#include "command/apdu.hpp"
#include "common/try.hpp"

namespace trustx {
namespace {

// Everybody may know the system objects and the certificates. Data objects may hold keys (chip-commands.md section
// 6.11), and so may whatever the map does not list.
bool holds_no_secret(std::optional<ObjectId> object) noexcept {
    const ObjectInfo* info = object ? describe(*object) : nullptr;
    return info != nullptr && (info->kind == ObjectKind::system || info->kind == ObjectKind::certificate ||
                               info->kind == ObjectKind::trust_anchor);
}

}  // namespace

std::string CommandCall::operation() const {
    std::string text{info_.name};
    return facts_.object ? text.append(" ").append(facts_.object->hex()) : text;
}

Result<void> CommandCall::expect_nothing(ByteView data) {
    if (!data.empty()) {
        return fail(Errc::response_malformed, std::to_string(data.size()) + " bytes where none were expected");
    }
    return {};
}

Result<EncodedCommand> encode_command(const CommandCall& command, Bytes& buffer) {
    buffer.clear();
    ApduWriter apdu{buffer};
    apdu.begin(command.info().opcode, command.facts().param);
    TRYV(command.encode(apdu));
    TRYV(apdu.finish());
    return EncodedCommand{command.info(), command.facts(), apdu.apdu()};
}

std::size_t public_prefix(const EncodedCommand& command) noexcept {
    constexpr std::size_t object_and_offset = 4;
    switch (command.info.openness) {
        case Openness::everything:
        case Openness::command:
        case Openness::reading:
            return command.apdu.size();
        case Openness::writing:
            return holds_no_secret(command.facts.object) ? command.apdu.size() : apdu_header_size + object_and_offset;
        case Openness::nothing:
            break;
    }
    return apdu_header_size;
}

bool has_public_answer(const EncodedCommand& command) noexcept {
    const auto openness = command.info.openness;
    return openness == Openness::everything || openness == Openness::writing ||
           (openness == Openness::reading && holds_no_secret(command.facts.object));
}

}  // namespace trustx
