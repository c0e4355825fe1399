// SPDX-License-Identifier: Apache-2.0
// Datagrams as they come from the network: records, and the fragments of handshake messages in them.
#include "dtls/message.hpp"
#include "dtls/record.hpp"
#include "fuzz_input.hpp"

#include <algorithm>

using namespace trustx;
using namespace trustx::dtls;

namespace {

void check_fragments(ByteView body) {
    while (!body.empty()) {
        const auto before = body;
        const auto fragment = take_fragment(body);
        if (!fragment) {
            test::expect(body.empty(), "behind what is no fragment there is none");
            return;
        }
        test::expect(fragment->offset + fragment->bytes.size() <= fragment->length,
                     "a fragment is part of its message");
        Bytes again;
        write_message_header(again, *fragment);
        again.insert(again.end(), fragment->bytes.begin(), fragment->bytes.end());
        test::expect(std::ranges::equal(again, before.first(before.size() - body.size())),
                     "a fragment is written as it was read");
    }
}

void check_records(ByteView datagram) {
    while (!datagram.empty()) {
        const auto before = datagram;
        const auto record = take_record(datagram);
        if (!record) {
            test::expect(datagram.empty(), "behind what is no record there is none");
            return;
        }
        test::expect(record->whole.size() + datagram.size() == before.size(),
                     "a record ends where the next one begins");
        test::expect(record->body.size() + record_header_size == record->whole.size(), "a record is header and body");
        test::expect(record->number >> 48U == 0, "a number has 48 bits");
        if (record->version == version_1_2 && record->epoch == 0) {
            test::expect(std::ranges::equal(plain_record(record->type, record->number, record->body), record->whole),
                         "a record is written as it was read");
        }
        check_fragments(record->body);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes bytes = test::exactly({data, size});
    check_records(bytes);
    check_fragments(bytes);
    return 0;
}
