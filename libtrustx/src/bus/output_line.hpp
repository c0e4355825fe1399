// SPDX-License-Identifier: Apache-2.0
// A GPIO line that this program drives, through libgpiod. The only file that knows GPIO controllers.
#pragma once

#include <trustx/gpio_line.hpp>
#include <trustx/result.hpp>

#include <memory>

namespace trustx {

// OutputLine is a line that was taken. It is given back when this is destroyed.
class OutputLine {
 public:
    OutputLine() = default;
    virtual ~OutputLine() = default;
    OutputLine(const OutputLine&) = delete;
    OutputLine& operator=(const OutputLine&) = delete;

    // drive puts the line to its active level, or to the other. Error: Errc::line_unavailable.
    [[nodiscard]] virtual Result<void> drive(bool active) = 0;
};

// take_output_line makes an output of a line, which has the level `active` from the first moment on. usual is its
// active level where the line does not say. Errors: Errc::line_unavailable naming line and reason.
[[nodiscard]] Result<std::unique_ptr<OutputLine>> take_output_line(const GpioLine& line, GpioLine::Level usual,
                                                                   bool active);

}  // namespace trustx
