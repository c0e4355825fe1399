// SPDX-License-Identifier: Apache-2.0
// The DER reader: whatever it takes is what the writers would have written, byte for byte.
#include "codec/der.hpp"
#include "fuzz_input.hpp"

using namespace trustx;
using test::expect;

namespace {

constexpr int deepest = 8;

// reread takes one element the special way of its tag; elements that are merely well-formed count too.
void reread(ByteView element) {
    der::Reader reader{element};
    Bytes again;
    switch (element[0]) {
        case der::tag_integer: {
            const ByteView magnitude = reader.unsigned_integer();
            expect(magnitude.empty() || magnitude[0] != 0, "a magnitude has no leading zeros");
            der::append_unsigned_integer(again, magnitude);
            break;
        }
        case der::tag_bit_string:
            der::append_whole_bytes(again, reader.whole_bytes());
            break;
        default:
            der::append(again, element[0], reader.content(element[0]));
            break;
    }
    expect(reader.failed() || (reader.done() && again == Bytes{element.begin(), element.end()}),
           "an element is written as it was read");
}

// walk goes through all elements, and into those that are constructed.
void walk(ByteView bytes, int depth) {
    der::Reader reader{bytes};
    std::size_t taken = 0;
    while (!reader.failed() && !reader.done()) {
        const auto tag = reader.next_tag();
        const ByteView element = reader.element(tag);
        if (reader.failed()) {
            expect(element.empty(), "a failed reader gives nothing");
            return;
        }
        taken += element.size();
        reread(element);
        if ((tag & 0x20) != 0 && depth < deepest) {
            walk(der::Reader{element}.content(tag), depth + 1);
        }
    }
    expect(taken <= bytes.size() && (reader.failed() || taken == bytes.size()), "elements fill the whole");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes bytes = test::exactly({data, size});
    walk(bytes, 0);
    return 0;
}
