// SPDX-License-Identifier: Apache-2.0
// Hashes and derived keys of others (chip-commands.md sections 6.7 and 6.11).
#include "bench.hpp"
#include "support/catch.hpp"

#include <trustx/objects.hpp>

using namespace trustx;
using namespace trustx::test;

TEST_CASE("vectors: the chip hashes as NIST does, in one command and in several", "[vectors]") {
    Bench bench;
    const auto vectors = vectors_of("nist_sha256");
    CHECK(vectors.size() == 71);
    for (const auto& vector : vectors) {
        INFO(vector.dump());
        CHECK(sha256_on(bench, bytes_of(vector, "message")) == bytes_of(vector, "digest"));
    }
}

TEST_CASE("vectors: the chip derives keys as the known PRF of TLS 1.2 does", "[vectors]") {
    Bench bench;
    const auto vectors = golden("crypto");
    for (const auto& vector : vectors.at("tls12_prf_sha256")) {
        const Bytes secret = bytes_of(vector, "secret");
        REQUIRE(bench.device->run(
            SetDataObject{.object = ObjectId{0xF1D0}, .data = secret, .mode = SetDataObject::Mode::erase_and_write}));
        const Bytes seed = bytes_of(vector, "label_and_seed");
        const Bytes expected = bytes_of(vector, "output");
        const auto derived = bench.device->run(DeriveKey{
            .secret = ObjectId{0xF1D0}, .label_and_seed = seed, .length = static_cast<std::uint16_t>(expected.size())});
        CHECK(Bytes{derived.value().begin(), derived.value().end()} == expected);
    }
}
