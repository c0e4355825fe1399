// SPDX-License-Identifier: Apache-2.0
// Where payloads to be published come from: one text repeated, or the lines of a file descriptor. They stay here, or
// better still with who writes them, until an outbox has room.
#pragma once

#include "connection/error.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace trustx::mqtt {

class Source {
 public:
    // A line that is longer cannot be a message: AWS IoT's limit is 128 KiB, other brokers' rarely higher.
    static constexpr std::size_t max_line = std::size_t{1024} * 1024;
    // About so many payloads, or so many bytes of them, are taken at a time. Of lines, what one read gives.
    static constexpr std::size_t max_batch = 4096;
    static constexpr std::size_t max_batch_bytes = std::size_t{256} * 1024;

    // nothing is a source that is finished from the start.
    static Source nothing();
    static Source repeated(std::string payload, unsigned times);
    // lines reads from fd, which the caller keeps open; a line's end is not part of the payload.
    static Source lines(int fd);

    // wants_reading tells that read() should be called as soon as fd() is readable.
    [[nodiscard]] bool wants_reading() const { return fd_ >= 0 && lines_.empty(); }
    [[nodiscard]] int fd() const { return fd_; }
    // read reads once, whatever is there up to 64 KiB. After an error (Cause::input) the source is at its end.
    Result<void> read();

    // take gives what is there, in its order, at most a batch.
    std::vector<std::string> take();
    // end leaves what was not read yet where it is.
    void end();

    // empty: there is nothing to take now.
    [[nodiscard]] bool empty() const { return repeats_left_ == 0 && lines_.empty(); }
    // finished: there is nothing, and nothing more will come.
    [[nodiscard]] bool finished() const { return fd_ < 0 && empty(); }

 private:
    Source(std::string payload, unsigned times, int fd);
    void split_lines();

    std::string repeated_;
    unsigned repeats_left_;
    int fd_;  // -1: no input, or its end was reached
    std::string partial_;
    std::vector<std::string> lines_;
};

}  // namespace trustx::mqtt
