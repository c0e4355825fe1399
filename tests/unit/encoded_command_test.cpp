// SPDX-License-Identifier: Apache-2.0
// What is common to all commands: their one description, what of them may be shown, and that they own their bytes.
#include "command/encoded_command.hpp"

#include "command/open_application.hpp"
#include "encoded.hpp"
#include "support/catch.hpp"

#include <trustx/device.hpp>

#include <algorithm>

using namespace trustx;

namespace {

template <class Argument>
concept CanRun = requires(Device& device, LockedDevice& locked, const Argument& argument) {
    device.run(argument);
    locked.run(argument);
};
static_assert(CanRun<GetRandom>);
static_assert(!CanRun<int>);
static_assert(!CanRun<std::string>);
static_assert(!CanRun<CommandInfo>);

// Encoded is a command's APDU with what belongs to it.
struct Encoded {
    template <class Command>
    explicit Encoded(const Command& from) {
        std::optional<typename Command::Response> response;
        command.emplace(encode_command(CommandCall{from, response}, buffer).value());
    }

    [[nodiscard]] bool question_is_public() const { return public_prefix(*command) == command->apdu.size(); }
    [[nodiscard]] bool answer_is_public() const { return has_public_answer(*command); }

    Bytes buffer;
    std::optional<EncodedCommand> command;
};

constexpr ObjectId data_object{0xF1D0};
constexpr ObjectId certificate{0xE0E1};
constexpr ObjectId device_key{0xE0F1};
const PublicKey peer{.curve = Curve::p256, .point = Bytes(65, 0x04)};

template <class Command>
std::string operation(const Command& command) {
    std::optional<typename Command::Response> response;
    return CommandCall{command, response}.operation();
}

}  // namespace

TEST_CASE("a command owns its bytes", "[command]") {
    const SetAuthMsg command{.challenge = Bytes(8, 0x5A)};
    const Bytes overwritten(8, 0xFF);  // where the temporary was, if nothing else took the memory
    CHECK(test::encoded(command).value() == "190100085A5A5A5A5A5A5A5A");
}

TEST_CASE("a command names itself and its object in messages", "[command]") {
    CHECK(operation(CalcSign{.key = device_key, .digest = Bytes(32)}) == "CalcSign E0F1");
    CHECK(operation(GetRandom{}) == "GetRandom");
    CHECK(operation(GetMetadata{.object = certificate}) == "GetDataObject (metadata) E0E1");
    CHECK(operation(CalcHash{.data = CalcHash::ObjectSlice{.object = certificate, .length = 1}}) == "CalcHash E0E1");
    CHECK(operation(CalcHash{.data = Bytes(3)}) == "CalcHash");
    CHECK(operation(VerifySign{.digest = Bytes(32), .signature = {}, .key = certificate}) == "VerifySign E0E1");
    CHECK(operation(VerifySign{.digest = Bytes(32), .signature = {}, .key = peer}) == "VerifySign");
}

TEST_CASE("what may hold a secret is not public", "[command]") {
    CHECK_FALSE(Encoded{GetDataObject{.object = data_object}}.answer_is_public());
    CHECK_FALSE(Encoded{GetDataObject{.object = ObjectId{0xF1E1}}}.answer_is_public());
    CHECK_FALSE(Encoded{GetDataObject{.object = ObjectId{0xABCD}}}.answer_is_public());
    CHECK_FALSE(Encoded{GetRandom{}}.answer_is_public());
    CHECK_FALSE(Encoded{CalcSSec{.key = device_key, .peer = peer}}.answer_is_public());
    CHECK_FALSE(Encoded{ExportKeyPair{}}.answer_is_public());

    const Encoded written{SetDataObject{.object = data_object, .offset = 1, .data = Bytes{0xAA, 0xBB}}};
    CHECK_FALSE(written.question_is_public());
    CHECK(to_hex(written.command->apdu.first(public_prefix(*written.command))) == "02000006F1D00001");
    const Encoded derived{DeriveKey{.secret = object::session_1, .label_and_seed = Bytes(20)}};
    CHECK(public_prefix(*derived.command) == 4);
    CHECK_FALSE(derived.answer_is_public());
    const Encoded hashed{CalcHash{.data = Bytes(3)}};
    CHECK(public_prefix(*hashed.command) == 4);
    CHECK_FALSE(hashed.answer_is_public());
}

TEST_CASE("the payload of a DTLS record is not public", "[command]") {
    const Encoded encrypted{EncryptRecord{.session = object::session_1, .type = 23, .payload = Bytes(20)}};
    CHECK(public_prefix(*encrypted.command) == 4);
    CHECK_FALSE(encrypted.answer_is_public());
    const Encoded decrypted{DecryptRecord{.session = object::session_1, .record = Bytes(40)}};
    CHECK(decrypted.question_is_public());
    CHECK_FALSE(decrypted.answer_is_public());
}

TEST_CASE("what everybody may know is public", "[command]") {
    const auto is_public = [](const Encoded& encoded) {
        return encoded.question_is_public() && encoded.answer_is_public();
    };
    CHECK(is_public(Encoded{OpenApplication{}}));
    CHECK(is_public(Encoded{GetDataObject{.object = object::coprocessor_uid}}));
    CHECK(is_public(Encoded{GetDataObject{.object = certificate}}));
    CHECK(is_public(Encoded{SetDataObject{.object = certificate, .data = Bytes(3)}}));
    CHECK(is_public(Encoded{GetMetadata{.object = data_object}}));
    CHECK(is_public(Encoded{CalcSign{.key = device_key, .digest = Bytes(32)}}));
    CHECK(is_public(Encoded{GenKeyPair{.key = device_key}}));
    CHECK(Encoded{CalcSSec{.key = device_key, .peer = peer}}.question_is_public());
    CHECK(Encoded{GetRandom{}}.question_is_public());
}
