// SPDX-License-Identifier: Apache-2.0
#include "encoded.hpp"
#include "support/catch.hpp"

#include <trustx/commands.hpp>

using namespace trustx;

namespace {

const Bytes context(CalcHash::context_size, 0x5A);

}  // namespace

TEST_CASE("CalcHash is encoded as hosts were seen to encode it", "[command]") {
    using enum CalcHash::Sequence;
    const Bytes ab = test::from_hex("61 62");
    const Bytes c = test::from_hex("63");
    const Bytes abc = test::from_hex("61 62 63");
    CHECK(test::encoded(CalcHash{.sequence = start_final, .data = abc}).value() ==
          test::golden_command("hash-oneshot"));
    CHECK(test::encoded(CalcHash{.sequence = start, .data = ab}).value() == test::golden_command("hash-start"));
    CHECK(test::encoded(CalcHash{.sequence = final, .data = c}).value() == test::golden_command("hash-final"));
    CHECK(test::encoded(CalcHash{.sequence = start, .data = ByteView{}, .export_context = true}).value() ==
          test::golden_command("hash-start-export"));
    CHECK(test::encoded(CalcHash{.sequence = terminate, .data = ByteView{}}).value() ==
          test::golden_command("hash-terminate"));
    const CalcHash::ObjectSlice uid{.object = object::coprocessor_uid, .offset = 0, .length = 27};
    CHECK(test::encoded(CalcHash{.sequence = start_final, .data = uid}).value() == test::golden_command("hash-oid"));
}

TEST_CASE("an update imports the context behind the data and exports it last", "[command]") {
    const auto update = test::encoded(CalcHash{.sequence = CalcHash::Sequence::proceed,
                                               .data = ByteView{context}.first(1),
                                               .import_context = context,
                                               .export_context = true});
    CHECK(update.value() == "30E2008C" + std::string{"0200015A"} + "060082" + to_hex(context) + "070000");
}

TEST_CASE("CalcHash takes the digest or the context out of an answer", "[command]") {
    const CalcHash whole{.sequence = CalcHash::Sequence::start_final, .data = ByteView{}};
    CHECK(test::decoded(whole, test::golden_response("hash-oneshot")).value().digest.size() == 32);
    const CalcHash begun{.sequence = CalcHash::Sequence::start, .data = ByteView{}, .export_context = true};
    CHECK(test::decoded(begun, test::golden_response("hash-start-export")).value().context.size() == 130);
    CHECK(test::decoded(begun, test::golden_response("hash-oneshot")).error().code() == Errc::response_malformed);
    CHECK(test::decoded(whole, test::golden_response("hash-start-export")).error().code() == Errc::response_malformed);
    CHECK(test::decoded(whole, {}).error().code() == Errc::response_malformed);
}

TEST_CASE("CalcHash refuses contexts where the sequence has none", "[command]") {
    using enum CalcHash::Sequence;
    const auto refused = [](const CalcHash& hash) {
        const auto result = test::encoded(hash);
        return !result && result.error().code() == Errc::argument_invalid;
    };
    CHECK(refused({.sequence = start, .data = ByteView{}, .import_context = context}));
    CHECK(refused({.sequence = start_final, .data = ByteView{}, .export_context = true}));
    CHECK(refused({.sequence = final, .data = ByteView{}, .import_context = ByteView{context}.first(129)}));
}
