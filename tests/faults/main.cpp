// SPDX-License-Identifier: Apache-2.0
// The fault sweep: every operation of the script with every fault at every transfer. It prints what became of the
// runs, and for each violation the arguments that reproduce it.
#include "sweep.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>

namespace {

using namespace trustx::test;
using trustx::sim::AcknowledgeStyle;

constexpr int phases = 4;
// A chip that always acknowledges by its answer does not respond until then, longer than any host waits for a long
// write.
constexpr std::array styles{AcknowledgeStyle::automatic, AcknowledgeStyle::separate};

int style_of(const Run& run) {
    return run.acknowledge == styles.front() ? 0 : 1;
}

struct Options {
    // How many of the combinations to run: each, or one in so many.
    std::size_t every = 1;
    // Frame numbers and styles of acknowledging: all of them with every fault, or one after the other.
    bool full = false;
    int examples = 2;  // of violations, for each operation and fault
    std::string operation;
    std::string fault;
    std::optional<std::size_t> transfer;
    std::optional<int> place;
    std::optional<int> phase;
    std::optional<int> style;
};

void usage() {
    std::cout << "usage: fault_sweep [--full] [--every N] [--examples N] [--operation NAME] [--fault NAME]\n"
                 "                   [--transfer N] [--place 0|1|2] [--phase 0|1|2|3] [--style 0|1]\n";
}

std::optional<Options> parse(const std::vector<std::string>& arguments) {
    Options options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto& name = arguments[i];
        if (name == "--full") {
            options.full = true;
            continue;
        }
        if (i + 1 == arguments.size()) {
            return std::nullopt;
        }
        const auto& value = arguments[++i];
        if (name == "--every") {
            options.every = std::stoul(value);
        } else if (name == "--examples") {
            options.examples = std::stoi(value);
        } else if (name == "--operation") {
            options.operation = value;
        } else if (name == "--fault") {
            options.fault = value;
        } else if (name == "--transfer") {
            options.transfer = std::stoul(value);
        } else if (name == "--place") {
            options.place = std::stoi(value);
        } else if (name == "--phase") {
            options.phase = std::stoi(value);
        } else if (name == "--style") {
            options.style = std::stoi(value);
        } else {
            return std::nullopt;
        }
    }
    return options;
}

// Counts of one row of the table.
struct Counts {
    std::array<std::size_t, 5> by_verdict{};

    std::size_t& operator[](Verdict verdict) { return by_verdict.at(static_cast<std::size_t>(verdict)); }
    [[nodiscard]] std::size_t operator[](Verdict verdict) const {
        return by_verdict.at(static_cast<std::size_t>(verdict));
    }
    [[nodiscard]] std::size_t runs() const {
        return (*this)[Verdict::good] + (*this)[Verdict::error] + (*this)[Verdict::mixed_up] +
               (*this)[Verdict::violation];
    }
};

class Report {
 public:
    explicit Report(const Options& options) : options_{options} {}

    void add(const Run& run, const Judgement& judgement) {
        ++by_operation_[run.operation->name][judgement.verdict];
        ++by_fault_[std::string{run.fault.kind->name}][judgement.verdict];
        ++all_[judgement.verdict];
        if (judgement.verdict == Verdict::violation &&
            examples_[run.operation->name + "/" + std::string{run.fault.kind->name}]++ < options_.examples) {
            print_violation(run, judgement);
        } else if (options_.transfer && judgement.verdict != Verdict::violation) {
            std::cout << run.operation->name << ", " << run.fault.kind->name << " at " << run.fault.transfer << ": "
                      << (judgement.text.empty() ? "good" : judgement.text) << '\n';
        }
    }

    void print(const Sweep& sweep) const {
        std::printf("%-32s %8s %8s %8s %8s %8s\n", "", "runs", "right", "error", "mixed", "broken");
        for (const auto& operation : sweep.operations()) {
            print_row(operation.name, by_operation_);
        }
        std::printf("\n");
        for (const auto& kind : fault_kinds()) {
            print_row(std::string{kind.name}, by_fault_);
        }
        std::printf("\n");
        print_counts("all", all_);
    }

    [[nodiscard]] bool good() const { return all_[Verdict::violation] == 0 && all_.runs() > 0; }

 private:
    static void print_violation(const Run& run, const Judgement& judgement) {
        std::cout << "broken: " << judgement.text << "\n  fault_sweep --operation '" << run.operation->name
                  << "' --fault '" << run.fault.kind->name << "' --transfer " << run.fault.transfer << " --place "
                  << run.fault.place << " --phase " << run.phase << " --style " << style_of(run) << '\n';
    }
    static void print_row(const std::string& name, const std::map<std::string, Counts>& rows) {
        if (const auto row = rows.find(name); row != rows.end()) {
            print_counts(name, row->second);
        }
    }
    static void print_counts(const std::string& name, const Counts& counts) {
        std::printf("%-32s %8zu %8zu %8zu %8zu %8zu\n", name.c_str(), counts.runs(), counts[Verdict::good],
                    counts[Verdict::error], counts[Verdict::mixed_up], counts[Verdict::violation]);
    }

    const Options& options_;
    std::map<std::string, Counts> by_operation_;
    std::map<std::string, Counts> by_fault_;
    std::map<std::string, int> examples_;
    Counts all_;
};

// Plan walks through all combinations and runs those that the options choose.
class Plan {
 public:
    Plan(const Options& options, const Sweep& sweep, Report& report)
        : options_{options}, sweep_{sweep}, report_{report} {}

    void run() {
        for (const auto& operation : sweep_.operations()) {
            if (options_.operation.empty() || options_.operation == operation.name) {
                run_operation(operation);
            }
        }
    }

 private:
    void run_operation(const Operation& operation) {
        for (int style = 0; style < static_cast<int>(styles.size()); ++style) {
            for (int phase = 0; phase < (operation.cold ? 1 : phases); ++phase) {
                if (options_.style.value_or(style) == style && options_.phase.value_or(phase) == phase) {
                    run_setting({&operation, {}, phase, styles.at(static_cast<std::size_t>(style))});
                }
            }
        }
    }

    void run_setting(Run run) {
        for (const auto point : sweep_.points(run)) {
            for (const auto& kind : fault_kinds()) {
                for (int place = 0; place < (kind.has_place ? 3 : 1); ++place) {
                    run.fault = {&kind, point, place};
                    if (chosen(run)) {
                        report_.add(run, sweep_.judge(run));
                    }
                }
            }
        }
    }

    [[nodiscard]] bool chosen(const Run& run) {
        if (!options_.fault.empty() && options_.fault != run.fault.kind->name) {
            return false;
        }
        if (options_.transfer) {
            return *options_.transfer == run.fault.transfer &&
                   options_.place.value_or(run.fault.place) == run.fault.place;
        }
        const auto setting = static_cast<std::size_t>(style_of(run)) * phases + static_cast<std::size_t>(run.phase);
        // One after the other: neighbouring transfers meet different frame numbers and styles.
        const auto turn = run.fault.transfer * 5 + static_cast<std::size_t>(run.fault.kind - fault_kinds().data());
        const bool its_turn = options_.full || run.operation->cold || turn % (styles.size() * phases) == setting;
        return its_turn && number_++ % options_.every == 0;
    }

    const Options& options_;
    const Sweep& sweep_;
    Report& report_;
    std::size_t number_ = 0;
};

}  // namespace

int main(int argc, char** argv) try {
    const auto options = parse({argv + 1, argv + argc});
    if (!options) {
        usage();
        return 2;
    }
    const auto begun = std::chrono::steady_clock::now();
    const Sweep sweep;
    Report report{*options};
    Plan{*options, sweep, report}.run();
    report.print(sweep);
    const auto took = std::chrono::steady_clock::now() - begun;
    std::printf("%lld ms\n",
                static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
    return report.good() ? 0 : 1;
} catch (const std::exception& error) {
    std::cerr << argv[0] << ": " << error.what() << '\n';
    return 1;
}
