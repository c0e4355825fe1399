// SPDX-License-Identifier: Apache-2.0
// The other program on the bus, for tests: holds the chip, leases a session, or behaves like a host that knows
// nothing of the lock. It says on standard output what it has done, waits for SIGTERM, and then ends in good order.
#include <trustx/device.hpp>
#include <trustx/settings.hpp>

#include <iostream>
#include <string>
#include <vector>

#include <signal.h>

namespace {

using trustx::Bytes;

void say(const std::string& line) {
    std::cout << line << std::endl;
}

int complain(const trustx::Error& error) {
    std::cerr << error.message() << std::endl;
    return 1;
}

sigset_t termination() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    return signals;
}

void wait_for_termination() {
    const auto signals = termination();
    int received = 0;
    sigwait(&signals, &received);
}

int hold(trustx::Device& device) {
    auto locked = device.lock();
    if (!locked) {
        return complain(locked.error());
    }
    say("locked");
    wait_for_termination();
    return 0;
}

int lease(trustx::Device& device, int count) {
    std::vector<trustx::SessionLease> leases;
    for (int i = 0; i < count; ++i) {
        auto session = device.lease_session();
        if (!session) {
            return complain(session.error());
        }
        say("leased " + session->object().hex());
        leases.push_back(std::move(*session));
    }
    say("done");
    wait_for_termination();
    return 0;
}

// Frames as recorded from real hosts (tests/golden/frames.json, chip-i2c.md section 7.1).
const Bytes set_short_frames{0x81, 0x00, 0x19};
const Bytes first_half_of_open_application{0x80, 0x03, 0x00, 0x14, 0x01, 0xF0, 0x00, 0x00, 0x10,
                                           0xD2, 0x76, 0x00, 0x00, 0x04, 0x47, 0x65, 0x6E, 0x41,
                                           0x75, 0x74, 0x68, 0x41, 0x70, 0x70, 0x2A, 0x69};
const Bytes resync{0x80, 0xC0, 0x00, 0x00, 0x0A, 0x9A};
const Bytes read_max_com_buffer_size{0x80, 0x04, 0x00, 0x07, 0x00, 0x01, 0x00, 0x00, 0x02, 0xE0, 0xC6, 0xD7, 0xA2};

int write_raw(const trustx::BusAddress& address, const std::vector<Bytes>& transfers, const std::string& done) {
    trustx::SystemClock clock;
    auto bus = trustx::open_bus(address, clock);
    if (!bus) {
        return complain(bus.error());
    }
    for (const auto& bytes : transfers) {
        const auto written = (*bus)->write(bytes, trustx::Deadline::after(clock, std::chrono::seconds{10}));
        if (!written) {
            return complain(written.error());
        }
    }
    say(done);
    wait_for_termination();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const auto signals = termination();
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    const std::string mode = argc > 1 ? argv[1] : "";
    const auto settings = trustx::resolve_settings({});
    if (!settings) {
        return complain(settings.error());
    }
    const auto device = trustx::Device::open(settings->address, settings->options);
    if (mode == "hold") {
        return hold(*device);
    }
    if (mode == "lease") {
        return lease(*device, argc > 2 ? std::stoi(argv[2]) : 1);
    }
    if (mode == "half-a-chain") {
        return write_raw(settings->address, {resync, set_short_frames, first_half_of_open_application}, "half written");
    }
    if (mode == "unread-answer") {
        return write_raw(settings->address, {resync, read_max_com_buffer_size}, "command written");
    }
    std::cerr << "usage: trustx_neighbour hold | lease COUNT | half-a-chain | unread-answer\n";
    return 2;
}
