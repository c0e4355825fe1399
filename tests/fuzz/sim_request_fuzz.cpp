// SPDX-License-Identifier: Apache-2.0
// The simulator's socket: requests of bus-socket.md, arriving in whatever pieces the stream makes of them.
#include "fuzz_input.hpp"
#include "server/bus_protocol.hpp"

using namespace trustx::sim;
using trustx::test::expect;

namespace {

// taken_from encodes a request as a host would have sent it.
Bytes taken_from(const BusRequest& request) {
    Bytes bytes{static_cast<std::uint8_t>(request.operation), request.address};
    append_u16(bytes, request.length);
    append(bytes, request.data);
    return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    trustx::test::Input input{data, size};
    Bytes arrived;
    Bytes all;
    Bytes parsed_bytes;
    while (!input.empty()) {
        const auto piece = input.bytes(1U + input.u8());
        append(arrived, piece);
        append(all, piece);
        for (;;) {
            const auto before = arrived.size();
            const auto parsed = take_request(arrived);
            if (std::holds_alternative<UnknownRequest>(parsed)) {
                return 0;
            }
            if (std::holds_alternative<NeedsMore>(parsed)) {
                expect(arrived.size() == before, "nothing is taken before all is there");
                expect(arrived.size() < 4 + 4096, "no request is longer than the longest");
                break;
            }
            const auto& request = std::get<BusRequest>(parsed);
            expect(request.length <= 4096, "no transfer is longer than bus-socket.md allows");
            append(parsed_bytes, taken_from(request));
            expect(arrived.size() < before, "a request is taken off the front");
        }
    }
    append(parsed_bytes, arrived);
    expect(parsed_bytes == all, "requests are the bytes that arrived");
    return 0;
}
