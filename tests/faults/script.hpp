// SPDX-License-Identifier: Apache-2.0
// The operations of the sweep: what a host does with a chip, with a check of everything that comes back.
#pragma once

#include "fixture.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace trustx::test {

// Outcome of one operation. A result that is not what the chip holds is wrong, whatever the error side says.
struct Outcome {
    std::optional<Error> error;
    std::string wrong;
    bool while_locking = false;  // the error came before the operation itself began

    [[nodiscard]] bool good() const { return !error && wrong.empty(); }
};

struct Operation {
    std::string name;
    // What an error's message must contain: the command or the operation, and the object.
    std::vector<std::string> named;
    // run is the operation itself.
    std::function<Outcome(Fixture&)> run;
    // check tells what a later look at the chip says about an operation that claimed success; empty: as it should be.
    std::function<std::string(Fixture&)> check;
    // repeatable: libtrustx may send the command again when it does not know what became of the first.
    bool repeatable = true;
    // A command that may be executed only once for each run, by the simulator's name for it.
    std::string once;
    // cold: nothing has used the chip before, so that attaching is part of the operation.
    bool cold = false;
    // volatile_state: a reset of the chip takes away what the operation works on, and rightly makes it fail.
    bool volatile_state = false;
    // commands bounds the time: that many times a command's limit.
    int commands = 2;
};

// script makes new operations for each run: some remember between run and check.
std::vector<Operation> script(const Prepared& prepared);

}  // namespace trustx::test
