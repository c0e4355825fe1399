// SPDX-License-Identifier: Apache-2.0
// One run of the sweep: one operation with one fault, and the judgement on it.
#pragma once

#include "script.hpp"

#include <string>
#include <vector>

namespace trustx::test {

// Run is all that it takes to have the same run again.
struct Run {
    const Operation* operation = nullptr;
    Fault fault;
    int phase = 0;  // how many exchanges lie between attaching and the operation: where the frame numbers stand
    sim::AcknowledgeStyle acknowledge = sim::AcknowledgeStyle::automatic;
};

enum class Verdict {
    untouched,  // the fault found no transfer
    good,       // the right result
    error,      // a clear error
    mixed_up,   // two hosts at a time, and the result was not ours
    violation,  // a guarantee does not hold
};

struct Judgement {
    Verdict verdict = Verdict::good;
    std::string text;  // of the error or the violation
};

class Sweep {
 public:
    Sweep() : prepared_{prepare()}, operations_{script(prepared_)} {}

    [[nodiscard]] const std::vector<Operation>& operations() const { return operations_; }

    // points are the transfers of an undisturbed run at which faults are worth while: of a long row of equal polls
    // the first, the second and the last.
    [[nodiscard]] std::vector<std::size_t> points(const Run& run) const;

    [[nodiscard]] Judgement judge(const Run& run) const;

 private:
    void warm_up(Fixture& fixture, const Run& run) const;

    Prepared prepared_;
    std::vector<Operation> operations_;
};

}  // namespace trustx::test
