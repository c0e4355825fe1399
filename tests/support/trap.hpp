// SPDX-License-Identifier: Apache-2.0
// Calls of all seams, counted; at one of them something happens to the run.
#pragma once

#include <trustx/result.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace trustx::test {

// Killed ends a run as kill -9 or a power cut does: nothing that the run would have done after it is done.
struct Killed {};

enum class Fault {
    kill,    // before the call does anything
    refuse,  // the call does nothing and fails
    lose,    // the call does what it should, and fails all the same
};

// Trap is told of each call. Which of them is hit is set for one run at a time.
class Trap {
 public:
    // arm makes the number-th call from now on, counted from 1, the one that is hit.
    void arm(Fault fault, std::size_t number) {
        fault_ = fault;
        hit_at_ = number;
        calls_.clear();
    }
    void disarm() { arm(Fault::kill, 0); }

    // enter is the beginning of a call; true: it fails without doing anything. Throws Killed.
    bool enter(const std::string& name) {
        calls_.push_back(name);
        if (hit() && fault_ == Fault::kill) {
            throw Killed{};
        }
        return hit() && fault_ == Fault::refuse;
    }
    // leave is the end of what a call does; true: it fails all the same.
    [[nodiscard]] bool leave() const { return hit() && fault_ == Fault::lose; }

    // was_hit says whether the run came as far as the call that was armed.
    [[nodiscard]] bool was_hit() const { return hit_at_ != 0 && calls_.size() >= hit_at_; }
    [[nodiscard]] const std::vector<std::string>& calls() const { return calls_; }
    // place names the call that was armed, for messages.
    [[nodiscard]] std::string place() const {
        return was_hit() ? std::to_string(hit_at_) + ": " + calls_[hit_at_ - 1] : "not reached";
    }

 private:
    [[nodiscard]] bool hit() const { return hit_at_ != 0 && calls_.size() == hit_at_; }

    Fault fault_ = Fault::kill;
    std::size_t hit_at_ = 0;
    std::vector<std::string> calls_;
};

}  // namespace trustx::test
