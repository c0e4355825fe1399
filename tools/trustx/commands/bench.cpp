// SPDX-License-Identifier: Apache-2.0
// trustx bench: what the operations of the chip cost, compared with what chip and bus cannot do without.
#include "bench_meter.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/try.hpp"

#include <trustx/objects.hpp>

#include <array>
#include <cstdio>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace trustx::cli {
namespace {

struct BenchOptions {
    int runs = 5;
    unsigned bus_khz = 400;
    std::string object = "E0E0";
    std::string key;
    std::string write;
    bool json = false;
};

constexpr const char* examples =
    R"(wall     median of all runs, lock included; best: the quickest run
chip     how long the chip worked: counted by trustx-sim; on hardware typical times from the documents, marked ~
bus      bits of the transfers that no host can spare, at --bus-khz
ratio    wall / (chip + bus); 1 is a host that costs nothing
polls    reads of I2C_STATE, part of the transfers; naks: addresses not acknowledged, another part

Nothing on the chip is changed, unless --write names an object. Key operations use a key pair in a session object
(in RAM), or --key: those count in the security event counter, which slows the chip down from 128 on.

Examples:
  trustx-sim --listen unix:/tmp/chip --timing typical --scl 400 &
  trustx --device unix:/tmp/chip bench
  trustx bench --key E0F1 --runs 3
  trustx bench --json | jq '.operations[] | {name, ratio}')";

// Subject is what the operations work with: the device that is measured, and a key pair in a session.
struct Subject {
    Chip& chip;
    SessionLease key_session;
    SessionLease secret_session;
    Bytes digest = Bytes(CalcHash::digest_size, 0x5A);
    PublicKey public_key = {};
    Signature signature = {};
};

template <class T>
Outcome<void> dropped(const Outcome<T>& outcome) {
    return outcome ? Outcome<void>{} : Outcome<void>{outcome.failure()};
}

Outcome<void> generate(Subject& subject) {
    auto made = subject.chip.run(
        GenKeyPair{.key = subject.key_session.object(), .usage = KeyUsage::sign | KeyUsage::key_agreement});
    if (made) {
        subject.public_key = std::move(*made);
    }
    return dropped(made);
}

Outcome<void> sign(Subject& subject, ObjectId key) {
    auto signature = subject.chip.run(CalcSign{.key = key, .digest = subject.digest});
    if (signature) {
        subject.signature = std::move(*signature);
    }
    return dropped(signature);
}

Outcome<void> read_whole(Chip& chip, ObjectId object) {
    TRY(auto locked, chip.lock());
    const auto content = read_object(locked, object);
    return content ? Outcome<void>{} : Outcome<void>{give_up(content.error())};
}

// write_again writes what the object holds, so that it stays as it is.
Outcome<void> write_again(Chip& chip, ObjectId object, Bytes& content) {
    TRY(auto locked, chip.lock());
    if (content.empty()) {
        auto read = read_object(locked, object);
        if (!read) {
            return give_up(read.error());
        }
        content = std::move(*read);
    }
    const auto written = write_object(locked, object, content);
    return written ? Outcome<void>{} : Outcome<void>{give_up(written.error())};
}

Outcome<std::size_t> size_of(Chip& chip, ObjectId object) {
    TRY(auto locked, chip.lock());
    const auto content = read_object(locked, object);
    return content ? Outcome<std::size_t>{content->size()} : Outcome<std::size_t>{give_up(content.error())};
}

struct NamedOperation {
    std::string name;
    BenchMeter::Operation run;
};

std::vector<NamedOperation> reading_operations(Chip& chip, ObjectId object, std::size_t size) {
    const auto get = [&chip](ObjectId what, std::uint16_t length) {
        return [&chip, what, length] {
            return dropped(chip.run(GetDataObject{.object = what, .offset = 0, .length = length}));
        };
    };
    static const Bytes hashed(256, 0xA5);
    return {{"GetDataObject, 1 byte", get(object::security_event_counter, 1)},
            {"GetDataObject, UID, 27 bytes", get(object::coprocessor_uid, 27)},
            {"read " + object.hex() + ", " + std::to_string(size) + " bytes",
             [&chip, object] { return read_whole(chip, object); }},
            {"GetRandom, 32 bytes", [&chip] { return dropped(chip.run(GetRandom{.length = 32})); }},
            {"CalcHash, 256 bytes", [&chip] { return dropped(chip.run(CalcHash{.data = ByteView{hashed}})); }}};
}

std::vector<NamedOperation> key_operations(Subject& subject, std::optional<ObjectId> key) {
    static constexpr std::array<std::uint8_t, 16> seed{'k', 'e', 'y', ' ', 'o', 'f', ' ', 't',
                                                       'h', 'e', ' ', 'b', 'e', 'n', 'c', 'h'};
    // The secret for DeriveKey is that of the last CalcSSec, which stays in the second session.
    std::vector<NamedOperation> operations{
        {"GenKeyPair P-256, session", [&subject] { return generate(subject); }},
        {"CalcSign P-256, session", [&subject] { return sign(subject, subject.key_session.object()); }},
        {"VerifySign P-256",
         [&subject] {
             return dropped(subject.chip.run(
                 VerifySign{.digest = subject.digest, .signature = subject.signature, .key = subject.public_key}));
         }},
        {"CalcSSec P-256, session",
         [&subject] {
             return dropped(subject.chip.run(CalcSSec{.key = subject.key_session.object(),
                                                      .peer = subject.public_key,
                                                      .session = subject.secret_session.object()}));
         }},
        {"DeriveKey, 48 bytes", [&subject] {
             return dropped(subject.chip.run(
                 DeriveKey{.secret = subject.secret_session.object(), .label_and_seed = seed, .length = 48}));
         }}};
    if (key) {
        operations.push_back({"CalcSign, " + key->hex(), [&subject, key] { return sign(subject, *key); }});
    }
    return operations;
}

// Attach is the cost of a second process that uses the chip in turn with the first.
struct Attach {
    Figures alone;
    Figures shared;
    [[nodiscard]] double extra_transfers() const { return shared.transfers - alone.transfers; }
    [[nodiscard]] Nanoseconds extra_wall() const { return shared.wall - alone.wall; }
};

// A second Device has its own lock, connection and frame counters, like one in another process.
Outcome<Attach> measure_attach(const BenchMeter& meter, Chip& chip) {
    const GetDataObject look{.object = object::security_event_counter, .offset = 0, .length = 1};
    auto options = chip.settings.options;
    options.trace_sink.reset();
    options.trace.recording.clear();  // two in one file would be none
    Chip other{.settings = chip.settings, .device = Device::open(chip.settings.address, options)};
    TRY(auto alone, meter.measure("alone", [&] { return dropped(chip.run(look)); }));
    // What the other does is not measured: it happens between two runs.
    TRY(auto shared,
        meter.measure_between(
            "in turn with another", [&] { return dropped(chip.run(look)); }, [&] { return dropped(other.run(look)); }));
    return Attach{.alone = std::move(alone), .shared = std::move(shared)};
}

std::string fixed_point(double value, int digits) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    return text.data();
}

std::string milliseconds(Nanoseconds time) {
    return fixed_point(std::chrono::duration<double, std::milli>(time).count(), 2);
}

class Report {
 public:
    Report(const Chip& chip, const BenchOptions& options, bool counted)
        : device_{chip.device->name()}, options_{options}, counted_{counted} {}

    void add(Figures figures) { figures_.push_back(std::move(figures)); }
    void add(Attach attach) { attach_ = std::move(attach); }

    [[nodiscard]] std::string text() const {
        std::string text =
            device_ + ", bus at " + std::to_string(options_.bus_khz) + " kHz, " + std::to_string(options_.runs) +
            " runs; times in ms\n\n" +
            row({"", "wall", "best", "chip", "bus", "ratio", "best", "transfers", "polls", "naks", "cpu"});
        for (const auto& figures : figures_) {
            text += line(figures);
        }
        if (attach_) {
            text += "\nIn turn with a second process each use costs " + fixed_point(attach_->extra_transfers(), 1) +
                    " more transfers and " + milliseconds(attach_->extra_wall()) + " ms\n";
        }
        return text;
    }

    [[nodiscard]] nlohmann::ordered_json json() const {
        nlohmann::ordered_json json{{"device", device_},
                                    {"bus_khz", options_.bus_khz},
                                    {"runs", options_.runs},
                                    {"chip_time", counted_ ? "counted" : "documented"}};
        json["operations"] = nlohmann::ordered_json::array();
        for (const auto& figures : figures_) {
            json["operations"].push_back(of(figures));
        }
        if (attach_) {
            json["attach"] = {{"alone", of(attach_->alone)},
                              {"shared", of(attach_->shared)},
                              {"extra_transfers", attach_->extra_transfers()},
                              {"extra_us", microseconds(attach_->extra_wall())}};
        }
        return json;
    }

 private:
    static double microseconds(Nanoseconds time) { return std::chrono::duration<double, std::micro>(time).count(); }

    static std::string row(const std::array<std::string, 11>& cells) {
        std::array<char, 160> text{};
        std::snprintf(text.data(), text.size(), "%-32s %8s %8s %8s %8s %6s %6s %9s %5s %5s %6s\n", cells[0].c_str(),
                      cells[1].c_str(), cells[2].c_str(), cells[3].c_str(), cells[4].c_str(), cells[5].c_str(),
                      cells[6].c_str(), cells[7].c_str(), cells[8].c_str(), cells[9].c_str(), cells[10].c_str());
        return text.data();
    }

    [[nodiscard]] std::string line(const Figures& figures) const {
        const auto ratio = [](std::optional<double> value) { return value ? fixed_point(*value, 3) : "-"; };
        const std::string chip = figures.chip ? (counted_ ? "" : "~") + milliseconds(*figures.chip) : "-";
        return row({figures.name, milliseconds(figures.wall), milliseconds(figures.best), chip,
                    milliseconds(figures.least_bus), ratio(figures.ratio(figures.wall)),
                    ratio(figures.ratio(figures.best)), fixed_point(figures.transfers, 1),
                    fixed_point(figures.polls, 1), fixed_point(figures.naks, 1), milliseconds(figures.cpu)});
    }

    [[nodiscard]] static nlohmann::ordered_json of(const Figures& figures) {
        const auto optional = [](const auto& value) {
            return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
        };
        return {{"name", figures.name},
                {"wall_us", microseconds(figures.wall)},
                {"best_us", microseconds(figures.best)},
                {"chip_us", figures.chip ? nlohmann::ordered_json(microseconds(*figures.chip)) : nullptr},
                {"bus_us", microseconds(figures.least_bus)},
                {"ratio", optional(figures.ratio(figures.wall))},
                {"best_ratio", optional(figures.ratio(figures.best))},
                {"commands", figures.exchanges},
                {"transfers", figures.transfers},
                {"polls", figures.polls},
                {"naks", figures.naks},
                {"cpu_us", microseconds(figures.cpu)}};
    }

    std::string device_;
    const BenchOptions& options_;
    bool counted_;
    std::vector<Figures> figures_;
    std::optional<Attach> attach_;
};

struct Objects {
    ObjectId read;
    std::optional<ObjectId> key;
    std::optional<ObjectId> write;
};

Outcome<Objects> parse_objects(const BenchOptions& options) {
    TRY(const auto read, parse_object(options.object));
    Objects objects{.read = read, .key = {}, .write = {}};
    if (!options.key.empty()) {
        TRY(const auto key, parse_slot(options.key));
        objects.key = key;
    }
    if (!options.write.empty()) {
        TRY(const auto write, parse_object(options.write));
        objects.write = write;
    }
    return objects;
}

Outcome<Subject> make_subject(Chip& chip) {
    auto key = chip.device->lease_session();
    auto secret = key ? chip.device->lease_session() : Result<SessionLease>{key.failure()};
    if (!secret) {
        return give_up(secret.error());
    }
    return Subject{.chip = chip, .key_session = std::move(*key), .secret_session = std::move(*secret)};
}

Outcome<void> measure_all(const BenchMeter& meter, const std::vector<NamedOperation>& operations,
                          const Context& context, Report& report) {
    for (const auto& operation : operations) {
        auto figures = meter.measure(operation.name, operation.run);
        if (!figures) {
            // A chip may refuse one kind of command and be good for the others.
            if (figures.error().exit != ExitCode::refused) {
                return figures.failure();
            }
            context.note(operation.name + " was left out: " + figures.error().message);
            continue;
        }
        report.add(std::move(*figures));
    }
    return {};
}

Outcome<void> bench(const Context& context, const BenchOptions& options) {
    TRY(const auto objects, parse_objects(options));
    const auto sink = std::make_shared<BenchSink>(options.bus_khz);
    TRY(auto chip, open_chip(context, sink));
    TRY(const auto size, size_of(chip, objects.read));
    TRY(auto subject, make_subject(chip));
    const BenchMeter meter{chip.settings.address, *sink, options.runs};
    Report report{chip, options, meter.counts_chip_time()};
    auto operations = reading_operations(chip, objects.read, size);
    for (auto& operation : key_operations(subject, objects.key)) {
        operations.push_back(std::move(operation));
    }
    Bytes content;
    if (objects.write) {
        operations.push_back(
            {"write " + objects.write->hex(), [&] { return write_again(chip, *objects.write, content); }});
    }
    if (auto measured = measure_all(meter, operations, context, report); !measured) {
        return measured;
    }
    TRY(auto attach, measure_attach(meter, chip));
    report.add(std::move(attach));
    return answer(options.json ? json_text(report.json()) : report.text());
}

}  // namespace

void add_bench(CLI::App& program, Task& task) {
    const auto options = std::make_shared<BenchOptions>();
    auto& command = add_subcommand(program, "bench", "Measure what the operations of the chip cost", examples);
    command.add_option("--runs", options->runs, "How often each operation is measured; default: 5")
        ->check(CLI::Range(1, 10'000))
        ->type_name("N");
    command.add_option("--bus-khz", options->bus_khz, "Frequency of the bus; default: 400")
        ->check(CLI::Range(1U, 1000U))
        ->type_name("KHZ");
    command.add_option("--object", options->object, "The object to read as a whole; default: E0E0")
        ->type_name("OBJECT");
    command.add_option("--key", options->key, "Sign with this key slot too")->type_name("SLOT");
    command.add_option("--write", options->write, "Write this object too, with what it holds; wears its memory")
        ->type_name("OBJECT");
    command.add_flag("--json", options->json, "The same for programs");
    command.callback(
        [options, &task] { task = [options](const Context& context) { return bench(context, *options); }; });
}

}  // namespace trustx::cli
