// SPDX-License-Identifier: Apache-2.0
// The lines of a trace: JSON objects, one for each thing that happened (docs/trace.md). What is secret is left out
// here, and nowhere else.
#pragma once

#include "bus/observed_bus.hpp"
#include "command/encoded_command.hpp"
#include "ifx_i2c/frame.hpp"
#include "trace/activity.hpp"
#include "trace/bus_meter.hpp"
#include "trace/json_line.hpp"
#include "trace/trace_file.hpp"

#include <trustx/clock.hpp>
#include <trustx/trace.hpp>

#include <optional>
#include <string>

namespace trustx {

class TraceWriter {
 public:
    TraceWriter(const TraceOptions& options, const Clock& clock, std::string device)
        : file_{options.file}, level_{options.level}, clock_{clock}, device_{std::move(device)} {}

    // begin says which command the following frames belong to, end that they belong to none.
    void begin(const EncodedCommand& command) { command_ = &command; }
    void end() { command_ = nullptr; }

    void write(const Activity& activity);
    // write transfer: the line of a frame it carried, and its own, as far as the level asks for them.
    void write(const BusTransfer& transfer, const BusMeter& meter);

    void note(TimePoint when, std::string_view text);

    [[nodiscard]] std::optional<Error> trouble() const { return file_.trouble(); }

 private:
    void write_frame(const BusTransfer& transfer, const BusMeter& meter);
    void write_transfer(const BusTransfer& transfer, const BusMeter& meter);
    void begin_line(JsonLine& line, TimePoint when, std::string_view event) const;
    [[nodiscard]] std::size_t shown_of(const ifx_i2c::Frame& frame, bool from_host) const;

    TraceFile file_;
    TraceLevel level_;
    const Clock& clock_;
    std::string device_;
    const EncodedCommand* command_ = nullptr;
    std::optional<ifx_i2c::FrameNumber> asked_;  // number of the host's last data frame
};

}  // namespace trustx
