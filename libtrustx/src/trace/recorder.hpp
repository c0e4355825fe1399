// SPDX-License-Identifier: Apache-2.0
// Records every byte of every transfer, so that a session with a chip can be replayed as a test. Secrets are not
// left out: a recording is made on demand, never because of the environment.
#pragma once

#include "bus/observed_bus.hpp"
#include "trace/trace_file.hpp"

#include <trustx/clock.hpp>
#include <trustx/result.hpp>

#include <memory>
#include <optional>
#include <string>

#include <unistd.h>

namespace trustx {

// Recorder belongs to one Device and is used under its locks. What was recorded without the line that ends a recording
// is not complete.
class Recorder final : private BusObserver {
 public:
    Recorder(const std::string& file, const Clock& clock, std::string device)
        : file_{file}, clock_{clock}, device_{std::move(device)}, begin_{clock.now()}, process_{::getpid()} {}
    ~Recorder();
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    // watch wraps a bus; the Recorder must outlive it.
    [[nodiscard]] std::unique_ptr<I2cBus> watch(std::unique_ptr<I2cBus> bus);

    // finish writes the line that ends the recording; what happens afterwards is not recorded. Error: why the first
    // line that was lost is not in the file.
    Result<void> finish();

    // trouble is that error as soon as it is known: a recording with a gap cannot be played, whatever follows.
    [[nodiscard]] std::optional<Error> trouble() const { return file_.loss(); }

 private:
    void saw(const BusTransfer& transfer) noexcept override;
    [[nodiscard]] bool inherited() const noexcept;

    TraceFile file_;
    const Clock& clock_;
    std::string device_;
    TimePoint begin_;
    pid_t process_;
    std::int64_t transfers_ = 0;
    bool finished_ = false;
};

}  // namespace trustx
