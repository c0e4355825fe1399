// SPDX-License-Identifier: Apache-2.0
// What comes with firmware, or was left in the chip: the manifest, the record of the lowest version, and the signature,
// over a content that nobody has signed.
#include "common/openssl/pem.hpp"
#include "firmware/lowest_version.hpp"
#include "firmware/manifest.hpp"
#include "firmware/signature.hpp"
#include "fuzz_input.hpp"

#include <algorithm>
#include <string>

using namespace trustx;
using namespace trustx::firmware;
using test::expect;

namespace {

// An authority that has signed none of the corpus.
constexpr const char* stranger = R"(-----BEGIN CERTIFICATE-----
MIIBfjCCASOgAwIBAgIUVQdXJAnnRDiqeNDg/sDwGKeeilcwCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIc3RyYW5nZXIwIBcNMjYxMTMwMDg1NTI2WhgPMjEwOTAxMTkw
ODU1MjZaMBMxETAPBgNVBAMMCHN0cmFuZ2VyMFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEcE4sYshkFJ0BtsHevIXjMyGEX8sqxQk+pEC1896Q1Kghjn0G2B4Cgpha
FyR9BEYaWgJU+d1Xz7DRjb4ixinnyqNTMFEwHQYDVR0OBBYEFEvTSV5yxy6MLgPw
dEkZm1Qb4dSuMB8GA1UdIwQYMBaAFEvTSV5yxy6MLgPwdEkZm1Qb4dSuMA8GA1Ud
EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAKE89FROUfcMCws5ypQEmcH3
7vrnaQ5hJO+nzryM8276AiEAl7fI4KgtsShejb8SKvn+4arUXqZrgNUISZXGksBV
+ys=
-----END CERTIFICATE-----
)";

void check_manifest(const std::string& text) {
    const auto manifest = Manifest::parse(text, "manifest");
    if (!manifest) {
        return;
    }
    expect(manifest->version <= highest_version && !manifest->files.empty(), "a manifest is within its limits");
    for (const auto& file : manifest->files) {
        expect(file.name.find('/') == std::string::npos && file.name != ".." && file.sha256.size() == 32,
               "a file is beside its manifest");
    }
    const auto again = Manifest::parse(manifest->text(), "again");
    expect(again && *again == *manifest, "a manifest survives being written");
}

void check_record(ByteView bytes) {
    const auto record = parse_record(bytes);
    if (record.content == Content::version) {
        const auto text = record_text(record.version);
        const auto same = bytes.size() >= text.size() && std::equal(text.begin(), text.end(), bytes.begin());
        expect(same && record.version <= highest_version, "a version is what was written");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto authority = x509::parse_certificate_file(
        ByteView{reinterpret_cast<const std::uint8_t*>(stranger), std::string_view{stranger}.size()}, "stranger");
    const ByteView bytes{data, size};
    check_manifest(std::string{test::text_of(bytes)});
    check_record(bytes);
    const Bytes content{'x'};
    expect(!check_signature(content, bytes, authority->front(), 1800000000), "nobody has signed this");
    return 0;
}
