// SPDX-License-Identifier: Apache-2.0
// Certificate objects, trust anchors and data on a chip.
#include "chip.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

#include <trustx/objects.hpp>

using namespace trustx;
using test::Chip;

namespace {

constexpr ObjectId certificate{0xE0E1};

Bytes golden_certificate() {
    return test::from_hex(test::golden("crypto").at("real_device_certificate").at("der").get<std::string>());
}

}  // namespace

TEST_CASE("one certificate is stored bare, a chain as a TLS identity, and both are read back", "[objects]") {
    Chip chip;
    auto locked = chip.lock();
    const Bytes der = golden_certificate();
    REQUIRE(write_certificates(locked, certificate, certificate_object({der})));
    CHECK(read_object(locked, certificate).value() == der);
    const auto bare = read_certificates(locked, certificate).value();
    CHECK(bare.form == CertificateForm::der);
    CHECK(bare.certificates == std::vector<Bytes>{der});

    REQUIRE(write_certificates(locked, certificate, certificate_object({der, der, der})));
    const auto chain = read_certificates(locked, certificate).value();
    CHECK(chain.form == CertificateForm::tls_identity);
    CHECK(chain.certificates == std::vector<Bytes>{der, der, der});
}

TEST_CASE("an object that was never written holds no certificate and costs one short read", "[objects]") {
    Chip chip;
    auto locked = chip.lock();
    REQUIRE(locked.run(GetMetadata{certificate}));  // opens the application
    const auto before = chip.executed("GetDataObject");
    CHECK(read_certificates(locked, certificate).value().certificates.empty());
    CHECK(chip.executed("GetDataObject") == before + 1);
}

TEST_CASE("an object that holds something else is named", "[objects]") {
    Chip chip;
    auto locked = chip.lock();
    REQUIRE(write_object(locked, certificate, Bytes{1, 2, 3}));
    const auto certificates = read_certificates(locked, certificate);
    REQUIRE_FALSE(certificates);
    CHECK(certificates.error() == Errc::certificate_malformed);
    CHECK_THAT(certificates.error().message(), ContainsSubstring("object E0E1"));
}

TEST_CASE("a trust anchor is one bare certificate in one of two objects", "[objects]") {
    Chip chip;
    auto locked = chip.lock();
    const Bytes der = golden_certificate();
    REQUIRE(write_trust_anchor(locked, object::trust_anchor_8, der));
    CHECK(read_object(locked, object::trust_anchor_8).value() == der);
    for (const auto& result : {write_trust_anchor(locked, certificate, der),
                               write_trust_anchor(locked, object::trust_anchor_1, Bytes{1, 2})}) {
        REQUIRE_FALSE(result);
        CHECK(result.error() == Errc::argument_invalid);
    }
}

TEST_CASE("a slice beyond the end of an object is refused, one across the end is cut", "[objects]") {
    Chip chip;
    auto locked = chip.lock();
    constexpr ObjectId data{0xF1E0};
    REQUIRE(write_object(locked, data, Bytes(1000, 0x5A)));
    CHECK(read_slice(locked, data, 990, 100).value() == Bytes(10, 0x5A));
    CHECK(read_slice(locked, data, 1000, 1).error() == ChipError::data_object_boundary_exceeded);
}
