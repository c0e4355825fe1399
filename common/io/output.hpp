// SPDX-License-Identifier: Apache-2.0
// Standard output or error of a program that must go on while nobody reads them: a pager that shows its first page, a
// pipe whose reader sleeps, a terminal that was stopped. Nothing here waits.
#pragma once

#include "common/io/unique_fd.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

namespace trustx::io {

class Output {
 public:
    // fd stays the caller's, and stays as it is: O_NONBLOCK would hold for every program that has the same terminal or
    // pipe.
    explicit Output(int fd);

    // add keeps bytes until write() has written them.
    void add(std::string_view bytes);
    // write writes as much as goes now. After an error the rest is dropped.
    std::error_code write();

    void drop() { written_ = kept_.size(); }

    // empty: all is written. Otherwise fd() is to be polled for POLLOUT, and write() called then.
    [[nodiscard]] bool empty() const { return written_ == kept_.size(); }
    // size is that of what is kept, in bytes.
    [[nodiscard]] std::size_t size() const { return kept_.size() - written_; }
    [[nodiscard]] int fd() const { return fd_; }

 private:
    [[nodiscard]] long write_some(std::string_view bytes) const;
    void forget_written();

    int fd_;
    bool is_socket_ = false;
    bool may_block_ = false;  // each write(2), so it is asked for room before
    UniqueFd reopened_;       // the same file, opened again with O_NONBLOCK
    std::string kept_;
    std::size_t written_ = 0;  // of it
};

}  // namespace trustx::io
