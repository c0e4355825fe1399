// SPDX-License-Identifier: Apache-2.0
// What the operations of a chip cost, compared with what chip and bus cannot do without. The chip is a simulator with
// typical times on a bus of 400 kHz, which counts how long it works.
//
// usage: trustx_chip_figures [--quick]
#include "figures.hpp"
#include "support/simulator.hpp"
#include "trace_costs.hpp"

#include <trustx/device.hpp>
#include <trustx/objects.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

namespace trustx::test {
namespace {

constexpr unsigned bus_khz = 400;
constexpr int runs_to_learn = 2;
constexpr std::size_t object_size = 1500;
constexpr ObjectId data_object{0xF1E0};

Nanoseconds processor_time() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return std::chrono::seconds{now.tv_sec} + Nanoseconds{now.tv_nsec};
}

// Figures of one run of an operation.
struct Figures {
    Nanoseconds wall;  // median
    Nanoseconds best;
    Nanoseconds chip;
    Nanoseconds least_bus;
    Nanoseconds cpu;
    double transfers;
    double polls;
    double naks;
};

class ChipFigures {
 public:
    explicit ChipFigures(int runs)
        : runs_{runs}, simulator_{{.timing = "typical", .arguments = {"--scl", std::to_string(bus_khz)}}} {}

    void print() {
        std::printf("bus at %u kHz, %d runs; times in ms\n\n%-34s %8s %8s %8s %8s %6s %6s %9s %5s %5s %6s\n", bus_khz,
                    runs_, "", "wall", "best", "chip", "bus", "ratio", "best", "transfers", "polls", "naks", "cpu");
        objects();
        numbers();
        keys();
        attach();
    }

 private:
    using Operation = std::function<void()>;

    [[nodiscard]] std::unique_ptr<Device> open(const std::filesystem::path& trace) const {
        DeviceOptions options;
        options.lock_directory = simulator_.directory().path();
        options.trace.file = trace;
        return Device::open(BusAddress::parse(simulator_.address()).value(), options);
    }
    [[nodiscard]] Nanoseconds chip_time() const {
        return std::chrono::microseconds{simulator_.stats().at("chip_time_us").get<std::int64_t>()};
    }

    // measure runs an operation some times unmeasured, so that the host learns what to expect. What happens before each
    // run is not measured, except in the time of the chip.
    [[nodiscard]] Figures measure(
        const Operation& operation, const Operation& before = [] {}) const;
    void line(const char* name, const Operation& operation) const;
    void objects() const;
    void numbers() const;
    void keys() const;
    void attach() const;

    int runs_;
    Simulator simulator_;
    std::filesystem::path trace_ = simulator_.directory() / "trace";
    std::unique_ptr<Device> device_ = open(trace_);
};

Figures ChipFigures::measure(const Operation& operation, const Operation& before) const {
    for (int run = 0; run < runs_to_learn; ++run) {
        before();
        operation();
    }
    const auto traced = std::filesystem::file_size(trace_);
    const auto chip_before = chip_time();
    std::vector<Nanoseconds> walls;
    Nanoseconds cpu{0};
    for (int run = 0; run < runs_; ++run) {
        before();
        const auto cpu_before = processor_time();
        const auto start = std::chrono::steady_clock::now();
        operation();
        walls.emplace_back(std::chrono::steady_clock::now() - start);
        cpu += processor_time() - cpu_before;
    }
    std::ranges::sort(walls);
    const auto costs = costs_since(trace_, traced, bus_khz);
    const auto each = [this](std::int64_t sum) { return static_cast<double>(sum) / runs_; };
    return {.wall = walls[walls.size() / 2],
            .best = walls.front(),
            .chip = (chip_time() - chip_before) / runs_,
            .least_bus = costs.least_bus / runs_,
            .cpu = cpu / runs_,
            .transfers = each(costs.transfers),
            .polls = each(costs.polls),
            .naks = each(costs.naks)};
}

void ChipFigures::line(const char* name, const Operation& operation) const {
    const auto figures = measure(operation);
    const auto ratio = [&](Nanoseconds time) {
        return milliseconds(time) / milliseconds(figures.chip + figures.least_bus);
    };
    std::printf("%-34s %8.2f %8.2f %8.2f %8.2f %6.3f %6.3f %9.1f %5.1f %5.1f %6.2f\n", name, milliseconds(figures.wall),
                milliseconds(figures.best), milliseconds(figures.chip), milliseconds(figures.least_bus),
                ratio(figures.wall), ratio(figures.best), figures.transfers, figures.polls, figures.naks,
                milliseconds(figures.cpu));
    std::fflush(stdout);
}

void ChipFigures::objects() const {
    const Bytes content(object_size, 0x78);
    const auto locked = [this](const auto& work) {
        return [this, work] {
            auto device = must(device_->lock());
            work(device);
        };
    };
    line("GetDataObject, 1 byte", [this] {
        must(device_->run(GetDataObject{.object = object::security_event_counter, .offset = 0, .length = 1}));
    });
    line("GetDataObject, UID, 27 bytes",
         [this] { must(device_->run(GetDataObject{.object = object::coprocessor_uid})); });
    line("write F1E0, 1500 bytes",
         locked([&](LockedDevice& device) { must(write_object(device, data_object, content)); }));
    line("read F1E0, 1500 bytes", locked([](LockedDevice& device) { must(read_object(device, data_object)); }));
}

void ChipFigures::numbers() const {
    const Bytes hashed(256, 0xA5);
    line("GetRandom, 32 bytes", [this] { must(device_->run(GetRandom{.length = 32})); });
    line("CalcHash, 256 bytes", [&] { must(device_->run(CalcHash{.data = ByteView{hashed}})); });
}

void ChipFigures::keys() const {
    const auto key = must(device_->lease_session());
    const auto secret = must(device_->lease_session());
    const Bytes digest(CalcHash::digest_size, 0x5A);
    const Bytes seed(16, 0xC3);
    PublicKey public_key;
    Signature signature;
    line("GenKeyPair P-256, session", [&] {
        public_key =
            must(device_->run(GenKeyPair{.key = key.object(), .usage = KeyUsage::sign | KeyUsage::key_agreement}));
    });
    line("CalcSign P-256, session",
         [&] { signature = must(device_->run(CalcSign{.key = key.object(), .digest = digest})); });
    // A Device of its own has nothing but what stands in the lock file, as in a process that signs once.
    line("CalcSign P-256, first of a process",
         [&] { must(open(trace_)->run(CalcSign{.key = key.object(), .digest = digest})); });
    line("VerifySign P-256",
         [&] { must(device_->run(VerifySign{.digest = digest, .signature = signature, .key = public_key})); });
    line("CalcSSec P-256, session",
         [&] { must(device_->run(CalcSSec{.key = key.object(), .peer = public_key, .session = secret.object()})); });
    line("DeriveKey, 48 bytes",
         [&] { must(device_->run(DeriveKey{.secret = secret.object(), .label_and_seed = seed, .length = 48})); });
}

// A second Device has its own lock, connection and frame numbers, as in another process.
void ChipFigures::attach() const {
    const GetDataObject look{.object = object::security_event_counter, .offset = 0, .length = 1};
    const auto other = open({});
    const auto use = [&] { must(device_->run(look)); };
    const auto alone = measure(use);
    const auto in_turn = measure(use, [&] { must(other->run(look)); });
    std::printf("\nIn turn with a second process each use costs %.1f more transfers and %.2f ms\n",
                in_turn.transfers - alone.transfers, milliseconds(in_turn.wall - alone.wall));
}

}  // namespace
}  // namespace trustx::test

int main(int argc, char** argv) try {
    const bool quick = argc == 2 && std::strcmp(argv[1], "--quick") == 0;
    if (argc > 1 && !quick) {
        std::cerr << "usage: trustx_chip_figures [--quick]\n";
        return 2;
    }
    trustx::test::ChipFigures{quick ? 1 : 15}.print();
    return 0;
} catch (const std::exception& error) {
    std::cerr << argv[0] << ": " << error.what() << '\n';
    return 1;
}
