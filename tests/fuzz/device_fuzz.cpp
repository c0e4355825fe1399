// SPDX-License-Identifier: Apache-2.0
// Commands and whole objects against a chip that answers anything: each ends, and each error names its command.
#include "command/open_application.hpp"
#include "fuzz_input.hpp"
#include "fuzzed_chip.hpp"

#include <trustx/device.hpp>
#include <trustx/objects.hpp>

#include <array>

using namespace trustx;
using namespace std::chrono_literals;
using test::expect;

namespace {

constexpr int most_operations = 4;
constexpr ObjectId key{0xE0F1};
constexpr ObjectId certificate{0xE0E1};

template <class T>
void check(const Result<T>& result, std::string_view operation) {
    expect(result || result.error().message().find(operation) != std::string::npos, "an error names its operation");
}

void run_operation(Device& device, std::uint8_t choice) {
    const std::array<std::uint8_t, 32> digest{0x11};
    Metadata readable;
    readable.read_access = Bytes{0x00};
    const Bytes content(choice & 0x80 ? 1600 : 20, 0x22);
    auto locked = device.lock();
    expect(locked || !locked.error().message().empty(), "an error has words");
    if (!locked) {
        return;
    }
    switch (choice & 0x0F) {
        case 0:
            return check(locked->run(OpenApplication{}), "OpenApplication");
        case 1:
            return check(locked->run(GetDataObject{.object = certificate, .length = 0x0611}), "GetDataObject E0E1");
        case 2:
            return check(locked->run(GetMetadata{certificate}), "GetDataObject (metadata) E0E1");
        case 3:
            return check(locked->run(SetDataObject{.object = certificate, .data = digest}), "SetDataObject E0E1");
        case 4:
            return check(locked->run(SetMetadata{certificate, readable}), "E0E1");
        case 5:
            return check(locked->run(GetRandom{.length = 32}), "GetRandom");
        case 6:
            return check(locked->run(GenKeyPair{.key = key}), "GenKeyPair E0F1");
        case 7:
            return check(locked->run(CalcSign{.key = key, .digest = digest}), "CalcSign E0F1");
        case 8:
            return check(read_object(*locked, certificate), "object E0E1");
        case 9:
            return check(write_object(*locked, certificate, content), "object E0E1");
        case 10:
            return check(write_slice(*locked, certificate, 7, digest), "object E0E1");
        default:
            return check(read_uid(*locked), "E0C2");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    test::Input input{data, size};
    std::array<std::uint8_t, most_operations> choices{};
    for (auto& choice : choices) {
        choice = input.u8();
    }
    test::VirtualClock clock;
    DeviceOptions options;
    options.command_timeout = 2s;
    const auto device = Device::with_bus(std::make_unique<test::FuzzedChip>(input, clock), clock, options);
    for (const auto choice : choices) {
        run_operation(*device, choice);
    }
    // Each operation is at most a few commands, and each of those keeps to its time.
    expect(clock.now() < TimePoint{1h} + 10min, "operations end");
    return 0;
}
