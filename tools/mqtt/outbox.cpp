// SPDX-License-Identifier: Apache-2.0
#include "outbox.hpp"

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace trustx::mqtt {

Outbox::Outbox(std::string payload, unsigned times, int fd)
    : repeated_{std::move(payload)}, repeats_left_{times}, fd_{fd} {}

Outbox Outbox::nothing() {
    return {{}, 0, -1};
}

Outbox Outbox::repeated(std::string payload, unsigned times) {
    return {std::move(payload), times, -1};
}

Outbox Outbox::lines(int fd) {
    return {{}, 0, fd};
}

bool Outbox::wants_input() const {
    return fd_ >= 0 && waiting_.empty() && in_flight_.size() < max_in_flight;
}

Result<void> Outbox::read_input() {
    std::array<char, 16384> chunk;
    const auto got = ::read(fd_, chunk.data(), chunk.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
        return {};
    }
    if (got < 0) {
        fd_ = -1;
        return fail(Cause::input, "read standard input: " + std::system_category().message(errno));
    }
    if (got == 0) {
        fd_ = -1;
        if (!partial_.empty()) {
            add(std::exchange(partial_, {}));
        }
        return {};
    }
    partial_.append(chunk.data(), static_cast<std::size_t>(got));
    split_lines();
    if (partial_.size() > max_line) {
        fd_ = -1;
        return fail(Cause::input, "standard input has a line of more than " + std::to_string(max_line) + " bytes");
    }
    return {};
}

void Outbox::split_lines() {
    std::size_t begin = 0;
    for (auto end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n', begin)) {
        add(partial_.substr(begin, end - begin));
        begin = end + 1;
    }
    partial_.erase(0, begin);
}

void Outbox::add(std::string payload) {
    waiting_.push_back({.id = next_id_++, .topic = {}, .payload = std::move(payload)});
}

std::optional<OutgoingMessage> Outbox::next() {
    if (in_flight_.size() >= max_in_flight) {
        return std::nullopt;
    }
    if (waiting_.empty() && repeats_left_ > 0) {
        --repeats_left_;
        add(repeated_);
    }
    if (waiting_.empty()) {
        return std::nullopt;
    }
    auto message = std::move(waiting_.front());
    waiting_.pop_front();
    in_flight_.emplace(message.id, message);
    return message;
}

void Outbox::ended(std::uint64_t id, bool delivered) {
    auto node = in_flight_.extract(id);
    if (node.empty()) {
        return;  // reported twice: Paho reports a message both when it is cancelled and when its connection ends
    }
    if (delivered) {
        ++delivered_;
    } else {
        waiting_.push_front(std::move(node.mapped()));
    }
}

bool Outbox::finished() const {
    return fd_ < 0 && repeats_left_ == 0 && waiting_.empty() && in_flight_.empty();
}

}  // namespace trustx::mqtt
