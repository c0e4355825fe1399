// SPDX-License-Identifier: Apache-2.0
#include "sweep.hpp"

#include <algorithm>
#include <stdexcept>

namespace trustx::test {
namespace {

using namespace std::chrono_literals;

Judgement violation(std::string text) {
    return {Verdict::violation, std::move(text)};
}

bool names(const Error& error, const std::vector<std::string>& words) {
    const auto message = error.message();
    return std::all_of(words.begin(), words.end(),
                       [&](const std::string& word) { return message.find(word) != std::string::npos; });
}

bool resets(const FaultKind& kind) {
    return kind.name.find("reset") != std::string_view::npos || kind.name.find("power") != std::string_view::npos;
}

// judge_error says whether an error was due.
Judgement judge_error(const Run& run, const Outcome& outcome, Recovery recovery) {
    const auto& operation = *run.operation;
    const auto& error = *outcome.error;
    const std::vector<std::string> device_only{"simulated chip"};
    if (!names(error, outcome.while_locking ? device_only : operation.named)) {
        return violation("unclear error: " + error.message());
    }
    const bool excused = recovery == Recovery::error || recovery == Recovery::anything ||
                         (operation.volatile_state && resets(*run.fault.kind)) ||
                         (recovery == Recovery::repeatable && !operation.repeatable && error == Errc::outcome_unknown);
    return excused ? Judgement{Verdict::error, error.message()} : violation("no recovery: " + error.message());
}

// next_operation finds out whether the chip can be used as if nothing had been.
std::string next_operation(Fixture& fixture) {
    const auto again = fixture.device->run(GetDataObject{.object = object::max_com_buffer_size});
    if (!again) {
        return "the next operation fails: " + again.error().message();
    }
    return *again == Bytes{0x06, 0x15} ? std::string{} : "the next operation reads something else";
}

}  // namespace

void Sweep::warm_up(Fixture& fixture, const Run& run) const {
    for (int exchange = 0; !run.operation->cold && exchange <= run.phase; ++exchange) {
        if (!next_operation(fixture).empty()) {
            throw std::runtime_error("the chip does not work without faults");
        }
    }
}

std::vector<std::size_t> Sweep::points(const Run& run) const {
    Fixture fixture{prepared_.image, run.acknowledge};
    warm_up(fixture, run);
    std::vector<Seen> seen;
    fixture.bus->record(&seen);
    const auto outcome = run.operation->run(fixture);
    fixture.bus->record(nullptr);
    if (!outcome.good()) {
        throw std::runtime_error(run.operation->name +
                                 " fails without fault: " + (outcome.error ? outcome.error->message() : outcome.wrong));
    }
    std::vector<std::size_t> points;
    for (std::size_t i = 0; i < seen.size(); ++i) {
        const bool inside =
            i > 1 && i + 1 < seen.size() && seen[i] == seen[i - 1] && seen[i] == seen[i - 2] && seen[i] == seen[i + 1];
        if (!inside) {
            points.push_back(i);
        }
    }
    return points;
}

Judgement Sweep::judge(const Run& run) const {
    const auto& operation = *run.operation;
    const auto& kind = *run.fault.kind;
    Fixture fixture{prepared_.image, run.acknowledge};
    warm_up(fixture, run);
    const auto executed_before = fixture.executed(operation.once);
    const auto begun = fixture.time.now();

    fixture.bus->arm(run.fault);
    Outcome outcome;
    try {
        outcome = operation.run(fixture);
    } catch (const StepLimit&) {
        return violation("transfers without end");
    }
    const bool happened = fixture.bus->happened();
    const auto took = fixture.time.now() - begun;
    fixture.bus->lift();
    if (!happened) {
        return {Verdict::untouched, {}};
    }

    if (took > operation.commands * Fixture::time_limit + 1s) {
        return violation("took " + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()) +
                         " ms");
    }
    if (const auto trouble = next_operation(fixture); !trouble.empty()) {
        return violation(trouble);
    }
    if (fixture.executed(operation.once) > executed_before + 1) {
        return violation(operation.once + " was executed twice");
    }
    const auto recovery = run.fault.transfer == 0 ? kind.at_first : kind.later;
    if (!outcome.wrong.empty()) {
        return recovery == Recovery::anything ? Judgement{Verdict::mixed_up, outcome.wrong} : violation(outcome.wrong);
    }
    if (outcome.error) {
        return judge_error(run, outcome, recovery);
    }
    const bool lost_since = operation.volatile_state && resets(kind);
    if (const auto trouble = operation.check(fixture); !trouble.empty() && !lost_since) {
        return recovery == Recovery::anything ? Judgement{Verdict::mixed_up, trouble} : violation(trouble);
    }
    return {Verdict::good, {}};
}

}  // namespace trustx::test
