// SPDX-License-Identifier: Apache-2.0
// Certificate objects in their three forms: what is read lies in the object and is written back as it was.
#include "fuzz_input.hpp"

#include <trustx/objects.hpp>

#include <algorithm>

using namespace trustx;
using test::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes content = test::exactly({data, size});
    const auto object = parse_certificate_object(content);
    if (!object) {
        expect(object.error() == Errc::certificate_malformed, "the error says that the object is malformed");
        return 0;
    }
    if (object->certificates.empty()) {
        expect(std::ranges::all_of(content, [](auto byte) { return byte == 0; }), "only zeros are nothing");
        return 0;
    }
    for (const Bytes& certificate : object->certificates) {
        expect(std::search(content.begin(), content.end(), certificate.begin(), certificate.end()) != content.end(),
               "certificates lie inside");
        expect(!certificate.empty() && certificate[0] == 0x30, "a certificate is a SEQUENCE");
    }
    const auto encoded = encode_certificate_object(*object);
    expect(encoded.has_value() == (object->form != CertificateForm::usb_type_c), "two of three forms are written");
    expect(!encoded || (encoded->size() <= size && std::equal(encoded->begin(), encoded->end(), content.begin())),
           "an object is written as it was read");
    return 0;
}
