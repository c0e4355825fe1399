// SPDX-License-Identifier: Apache-2.0
#include "commands/printer.hpp"

#include "service/journal.hpp"

#include <poll.h>
#include <unistd.h>

namespace trustx::mqtt {
namespace {

// for_journal gives each line a priority: a payload could begin with one.
std::string for_journal(std::string_view text) {
    constexpr std::string_view ordinary = "<6>";
    std::string lines{ordinary};
    for (std::size_t i = 0; i < text.size(); ++i) {
        lines += text[i];
        if (text[i] == '\n' && i + 1 < text.size()) {
            lines += ordinary;
        }
    }
    return lines;
}

}  // namespace

Printer::Printer(int fd)
    : output_{fd},
      kind_{::isatty(fd) == 1 ? Kind::terminal
            : is_journal(fd)  ? Kind::journal
                              : Kind::program} {}

Result<void> Printer::print(const std::string& text) {
    output_.add(kind_ == Kind::journal ? for_journal(text) : text);
    return write();
}

Result<void> Printer::print_line(const Json& document) {
    return print((kind_ == Kind::program ? mqtt::write(document) : write_ascii(document)) + "\n");
}

Result<void> Printer::write() {
    const auto failed = output_.write();
    return failed ? fail(Cause::output, "write to standard output: " + failed.message()) : Result<void>{};
}

std::vector<WatchedFd> Printer::descriptors() const {
    return output_.empty() ? std::vector<WatchedFd>{} : std::vector<WatchedFd>{{.fd = output_.fd(), .events = POLLOUT}};
}

}  // namespace trustx::mqtt
