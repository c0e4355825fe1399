// SPDX-License-Identifier: Apache-2.0
// Whether anything of the last handler is still alive, also when the program that started it was killed: a lock on a
// file, which a handler and its children hold open (flock(2)). One job at a time must hold then, too.
#pragma once

#include "common/io/unique_fd.hpp"

#include <trustx/result.hpp>

#include <string>

namespace trustx::mqtt {

class HandlerMark {
 public:
    explicit HandlerMark(const std::string& directory) : path_{directory + "/handler"} {}

    // fresh is the descriptor for a new handler, whatever holds the old one: a handler may leave programs behind.
    [[nodiscard]] trustx::Result<UniqueFd> fresh() const;
    // take_over is the descriptor for a handler that is run once more; none: something of the earlier one is alive.
    [[nodiscard]] trustx::Result<UniqueFd> take_over() const;

 private:
    std::string path_;
};

}  // namespace trustx::mqtt
