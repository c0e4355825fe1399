// SPDX-License-Identifier: Apache-2.0
// Key references come out of files that anybody may hand to a TLS library.
#include "common/text/printable.hpp"
#include "fuzz_input.hpp"

#include <trustx/key_reference.hpp>

using namespace trustx;
using test::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes der = test::exactly({data, size});
    const auto reference = KeyReference::from_der(der);
    if (!reference) {
        expect(reference.error() == Errc::key_file_malformed, "the error says that the file is malformed");
        expect(text::is_printable(reference.error().message()), "a message can be shown");
        return 0;
    }
    expect(text::is_printable(reference->label) && text::is_printable(reference->device), "texts can be shown");
    const Bytes again = reference->to_der();
    expect(again.size() <= der.size(), "only fields of later versions are left out");
    expect(again.size() < der.size() || again == der, "DER has one form");
    const auto same = KeyReference::from_der(again);
    expect(same && *same == *reference, "a key reference survives");
    return 0;
}
