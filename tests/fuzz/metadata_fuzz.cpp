// SPDX-License-Identifier: Apache-2.0
// Metadata and access conditions: what can be parsed is encoded again with the same meaning, the rest is shown.
#include "fuzz_input.hpp"
#include "support/known_tags.hpp"

#include <trustx/metadata.hpp>

using namespace trustx;
using test::expect;

namespace {

void check(ByteView tlv) {
    const auto metadata = Metadata::parse(tlv);
    if (!metadata) {
        expect(metadata.error() == Errc::metadata_malformed, "the error says that metadata is malformed");
        return;
    }
    const Bytes encoded = metadata->encode();
    expect(encoded.size() <= tlv.size(), "the canonical form is the shortest");
    const auto again = Metadata::parse(encoded);
    expect(again && *again == test::known_tags(*metadata), "metadata survives");
    expect(again->encode() == encoded, "the canonical form is one");
    for (const auto& access : {metadata->change_access, metadata->read_access, metadata->execute_access}) {
        expect(!explain_access(access).empty(), "each condition has words");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes bytes = test::exactly({data, size});
    check(bytes);
    expect(!explain_access(bytes).empty(), "each condition has words");
    // The same bytes behind a header that fits.
    if (size <= 0xFF) {
        Bytes wrapped{0x20, static_cast<std::uint8_t>(size)};
        wrapped.insert(wrapped.end(), bytes.begin(), bytes.end());
        check(wrapped);
    }
    return 0;
}
