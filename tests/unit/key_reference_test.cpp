// SPDX-License-Identifier: Apache-2.0
#include "codec/der.hpp"
#include "encoded.hpp"
#include "support/catch.hpp"

#include <trustx/commands.hpp>
#include <trustx/key_reference.hpp>

using namespace trustx;
using test::from_hex;

namespace {

PublicKey some_key() {
    return test::decoded(GenKeyPair{}, test::golden_response("genkey-e0f3")).value();
}

KeyReference full_reference() {
    KeyReference reference;
    reference.key = ObjectId{0xE0F3};
    reference.public_key = some_key();
    reference.coprocessor = Uid::from_bytes(test::golden_response("uid-c")).value();
    reference.device = "gate 2";
    reference.label =
        "Pr\xC3\xBC"
        "fstand";
    return reference;
}

// assembled puts the fields, in hexadecimal, into a SEQUENCE.
Bytes assembled(const std::string& fields) {
    Bytes out;
    der::append(out, der::tag_sequence, from_hex(fields));
    return out;
}

const std::string version_1 = "02 01 01";
const std::string key_object = "04 02 E0F3";
std::string key_info() {
    return to_hex(some_key().subject_public_key_info());
}
std::string mandatory_fields() {
    return version_1 + key_object + key_info();
}

void check_malformed(const Bytes& der) {
    CAPTURE(to_hex(der));
    const auto reference = KeyReference::from_der(der);
    REQUIRE_FALSE(reference);
    CHECK(reference.error() == Errc::key_file_malformed);
}

}  // namespace

TEST_CASE("a key reference is written in the documented layout", "[key_reference]") {
    KeyReference reference;
    reference.key = ObjectId{0xE0F3};
    reference.public_key = some_key();
    CHECK(to_hex(reference.to_der()) == to_hex(assembled(mandatory_fields())));

    const std::string uid = to_hex(test::golden_response("uid-c"));
    CHECK(to_hex(full_reference().to_der()) ==
          to_hex(
              assembled(mandatory_fields() + "80 1B" + uid + "81 06 67617465 2032" + "82 0A 5072 C3BC 66 7374616E64")));
}

TEST_CASE("a key reference survives writing and reading", "[key_reference]") {
    CHECK(KeyReference::from_der(full_reference().to_der()).value() == full_reference());
    KeyReference bare;
    bare.key = object::device_key_1;
    bare.public_key = some_key();
    CHECK(KeyReference::from_der(bare.to_der()).value() == bare);
}

TEST_CASE("fields of later versions are skipped", "[key_reference]") {
    const auto reference =
        KeyReference::from_der(assembled(mandatory_fields() + "82 01 41" + "83 02 0102" + "A5 03 020107"));
    REQUIRE(reference);
    CHECK(reference->label == "A");
}

TEST_CASE("a key reference of another version says so", "[key_reference]") {
    const auto reference = KeyReference::from_der(assembled("02 01 02" + key_object + key_info()));
    REQUIRE_FALSE(reference);
    CHECK(reference.error() == Errc::key_file_malformed);
    CHECK_THAT(reference.error().message(), ContainsSubstring("version 02"));
}

TEST_CASE("a key reference that is cut short or followed by something is refused", "[key_reference]") {
    const Bytes good = full_reference().to_der();
    for (std::size_t size = 0; size < good.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(KeyReference::from_der(ByteView{good}.first(size)));
    }
    Bytes longer = good;
    longer.push_back(0);
    check_malformed(longer);
}

TEST_CASE("key references with malformed, doubled or misplaced fields are refused", "[key_reference]") {
    const std::string uid = "80 1B" + to_hex(test::golden_response("uid-c"));
    check_malformed(assembled(""));
    check_malformed(assembled("02 02 0001" + key_object + key_info()));
    check_malformed(assembled("02 01 00" + key_object + key_info()));
    check_malformed(assembled(version_1 + "04 01 E0" + key_info()));
    check_malformed(assembled(version_1 + "04 03 E0F300" + key_info()));
    check_malformed(assembled(version_1 + key_info()));
    check_malformed(assembled(version_1 + key_object));
    check_malformed(assembled(version_1 + key_object + "30 00"));
    check_malformed(assembled(mandatory_fields() + "80 01 00"));
    check_malformed(assembled(mandatory_fields() + uid + uid));
    check_malformed(assembled(mandatory_fields() + "81 00"));
    check_malformed(assembled(mandatory_fields() + "82 02 C328"));  // not UTF-8
    check_malformed(assembled(mandatory_fields() + "82 02 410A"));  // line break
    check_malformed(assembled(mandatory_fields() + "82 01 41 81 01 42"));
    check_malformed(assembled(mandatory_fields() + "84 00 83 00"));  // descending
    check_malformed(assembled(mandatory_fields() + "83 00 83 00"));  // doubled
    check_malformed(assembled(mandatory_fields() + "04 00"));        // not a context tag
    check_malformed(assembled(mandatory_fields() + "9F 83 00 00"));  // high tag number
}
