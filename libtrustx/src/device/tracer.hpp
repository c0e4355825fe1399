// SPDX-License-Identifier: Apache-2.0
// Writes what the device does to the trace file and to a recording. The layers below do not know it: it observes their
// work on the bus, and the device passes it the work to be measured.
#pragma once

#include "bus/observed_bus.hpp"
#include "command/encoded_command.hpp"
#include "trace/activity.hpp"
#include "trace/bus_meter.hpp"
#include "trace/recorder.hpp"
#include "trace/trace_writer.hpp"

#include <trustx/bytes.hpp>
#include <trustx/clock.hpp>
#include <trustx/i2c_bus.hpp>
#include <trustx/result.hpp>
#include <trustx/trace.hpp>

#include <memory>
#include <optional>
#include <string>

namespace trustx {

// Tracer belongs to one Device and is used under its locks. Without listeners it costs one comparison a command.
class Tracer final : private BusObserver {
 public:
    Tracer(const TraceOptions& options, const Clock& clock, const std::string& device);
    ~Tracer();
    Tracer(const Tracer&) = delete;
    Tracer& operator=(const Tracer&) = delete;

    // watch wraps the device's bus where there is a listener; the Tracer must outlive it.
    [[nodiscard]] std::unique_ptr<I2cBus> watch(std::unique_ptr<I2cBus> bus);

    // exchange does work that sends the command and leaves its answer in `answer`.
    template <class Work>
    Result<void> exchange(const EncodedCommand& command, const Bytes& answer, Work work) {
        if (!listening()) {
            return work();
        }
        begin_exchange(command);
        auto done = work();
        end_exchange(done, answer);
        return done;
    }

    // attach and reset do work of that kind.
    template <class Work>
    Result<void> attach(Work work) {
        return other(Activity::Kind::attach, "attach", work);
    }
    template <class Work>
    Result<void> reset(Work work) {
        return other(Activity::Kind::reset, "reset", work);
    }

    // note writes a line from the program into the trace file.
    void note(std::string_view text);

    [[nodiscard]] std::optional<Error> trouble() const;
    Result<void> finish_recording();

 private:
    template <class Work>
    Result<void> other(Activity::Kind kind, std::string_view name, Work work) {
        if (!listening()) {
            return work();
        }
        begin(kind, name);
        auto done = work();
        end(done);
        return done;
    }

    [[nodiscard]] bool listening() const noexcept { return writer_.has_value(); }
    void begin(Activity::Kind kind, std::string_view name);
    void begin_exchange(const EncodedCommand& command);
    void end_exchange(const Result<void>& done, const Bytes& answer);
    void end(const Result<void>& done);
    void release_held(const Bytes& answer);
    void saw(const BusTransfer& transfer) noexcept override;

    std::optional<TraceWriter> writer_;
    std::optional<Recorder> recorder_;
    const Clock& clock_;
    BusMeter meter_;
    Activity current_;
    // A command the chip refused, until the chip was asked for the reason.
    std::optional<Activity> held_;
};

}  // namespace trustx
