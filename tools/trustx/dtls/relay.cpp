// SPDX-License-Identifier: Apache-2.0
#include "dtls/relay.hpp"

#include "common/files/input_error.hpp"
#include "common/io/output.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace trustx::cli {
namespace {

using std::chrono::milliseconds;
using End = RelayResult::End;

// What the server sent and nobody read: with more the socket is left alone, and the kernel drops what comes.
constexpr std::size_t most_unread = 1'048'576;

// Records that are taken before signals, input and output have their turn again: a server may never pause.
constexpr int most_in_one_turn = 16;

// Outbox is what was read from the input and not sent yet, and cuts it into datagrams.
class Outbox {
 public:
    Outbox(std::size_t limit, bool lines) : limit_{limit}, lines_{lines} {}

    void add(std::string_view bytes) {
        kept_ += bytes;
        if (std::exchange(may_be_cut_, false)) {
            ++split_;
        }
    }
    void end() { ended_ = true; }
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] bool empty() const { return kept_.empty(); }
    [[nodiscard]] std::uint64_t split() const { return split_; }
    // room is how much may be read; nothing while there is a datagram to send.
    [[nodiscard]] std::size_t room() const {
        return next().empty() && !ended_ ? std::max<std::size_t>(limit_ - kept_.size(), 1) : 0;
    }
    // next is the datagram to send; empty: there is none yet.
    [[nodiscard]] std::string_view next() const {
        const auto all = std::string_view{kept_};
        const auto end = lines_ ? all.find('\n') : std::string_view::npos;
        if (end != std::string_view::npos && end < limit_) {
            return all.substr(0, end + 1);
        }
        const bool complete = !lines_ || ended_ || kept_.size() >= limit_;
        return complete ? all.substr(0, limit_) : std::string_view{};
    }
    // A datagram's worth without an end of line is no line that was cut where the input ends there.
    void sent(std::size_t size) {
        const bool ends = !lines_ || size != limit_ || kept_[size - 1] == '\n';
        const bool begins_cut = !ends && !std::exchange(in_long_line_, true);
        kept_.erase(0, size);
        may_be_cut_ = begins_cut && kept_.empty();
        if (begins_cut && !kept_.empty()) {
            ++split_;
        }
        in_long_line_ = !ends;
    }

 private:
    std::size_t limit_;
    bool lines_;
    std::string kept_;
    bool ended_ = false;
    bool in_long_line_ = false;
    bool may_be_cut_ = false;  // the line goes on, if the input does
    std::uint64_t split_ = 0;
};

// is_passing says that a datagram was not sent, or a received one not decrypted, and that the connection goes on.
bool is_passing(const Error& error) {
    return error == Errc::outcome_unknown || error == Errc::timeout || error == Errc::chip_busy ||
           error == Errc::lock_timeout;
}

class Relay {
 public:
    Relay(dtls::Connection& connection, Clock& clock, const RelayOptions& options)
        : connection_{connection},
          clock_{clock},
          options_{options},
          output_{options.output},
          outbox_{connection.max_payload(), options.lines} {}

    Result<RelayResult> run() {
        while (!end_) {
            TRYV(wait());
            TRYV(turn());
        }
        TRYV(flush());
        return RelayResult{.end = *end_, .split = outbox_.split(), .unread = output_.size()};
    }

 private:
    [[nodiscard]] bool reads_input() const { return outbox_.room() > 0; }
    [[nodiscard]] bool receives() const { return output_.size() < most_unread; }

    // deadline is when something has to be done though nothing happens.
    [[nodiscard]] std::optional<TimePoint> deadline() const {
        auto at = receives() ? connection_.readiness().at : std::nullopt;
        if (quiet_until_) {
            at = std::min(at.value_or(TimePoint::max()), *quiet_until_);
        }
        return outbox_.next().empty() ? at : clock_.now();
    }

    [[nodiscard]] int timeout() const {
        const auto at = deadline();
        if (!at) {
            return -1;
        }
        const auto left = std::chrono::ceil<milliseconds>(*at - clock_.now()).count();
        return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
    }

    Result<void> wait() {
        const bool listens = receives() && connection_.readiness().datagram;
        polled_ = {pollfd{options_.signals, POLLIN, 0}, pollfd{reads_input() ? options_.input : -1, POLLIN, 0},
                   pollfd{listens ? connection_.fd() : -1, POLLIN, 0},
                   pollfd{output_.empty() ? -1 : output_.fd(), POLLOUT, 0}};
        if (::poll(polled_.data(), polled_.size(), timeout()) < 0) {
            if (errno != EINTR) {
                return fail(errno_code(), "poll");
            }
            polled_ = {};
        }
        return {};
    }

    Result<void> turn() {
        if (polled_[0].revents != 0) {
            end_ = End::interrupted;
            return {};
        }
        TRYV(read_input());
        TRYV(send_next());
        TRYV(receive_some());
        TRYV(write_output());
        tell_of_drops();
        if (!end_ && quiet_until_ && clock_.now() >= *quiet_until_) {
            end_ = End::input;
        }
        return {};
    }

    Result<void> read_input() {
        if (polled_[1].revents == 0) {
            return {};
        }
        std::array<char, 4096> bytes{};
        const auto got = ::read(options_.input, bytes.data(), std::min(bytes.size(), outbox_.room()));
        if (got > 0) {
            outbox_.add({bytes.data(), static_cast<std::size_t>(got)});
        } else if (got == 0) {
            outbox_.end();
            start_quiet();
        } else if (errno != EAGAIN && errno != EINTR) {
            return fail(InputErrc::unreadable,
                        "standard input cannot be read: " + std::system_category().message(errno));
        }
        return {};
    }

    Result<void> send_next() {
        const auto next = outbox_.next();
        if (next.empty() || end_) {
            return {};
        }
        const ByteView payload{reinterpret_cast<const std::uint8_t*>(next.data()), next.size()};
        const auto sent = connection_.send(payload, Deadline::after(clock_, options_.patience));
        if (!sent && is_passing(sent.error()) && connection_.state() == dtls::State::connected && !passed_) {
            passed_ = true;  // once more, with another number
            return {};
        }
        TRYV(ended_by_server(sent));
        passed_ = false;
        outbox_.sent(next.size());
        start_quiet();
        return {};
    }

    // The server's end of the connection is no failure.
    Result<void> ended_by_server(const Result<void>& result) {
        if (!result && result.error() == DtlsError::peer_closed) {
            end_ = End::server;
            return {};
        }
        return result;
    }

    Result<void> receive_some() {
        for (int taken = 0; taken < most_in_one_turn && !end_ && receives(); ++taken) {
            auto received = connection_.receive(Deadline{clock_.now()});
            const bool passes = !received && is_passing(received.error()) &&
                                connection_.state() == dtls::State::connected && !receiving_passed_;
            receiving_passed_ = passes;
            if (passes) {
                break;  // the record is tried once more
            }
            if (!received && received.error() != DtlsError::peer_closed) {
                TRYV(flush());  // what came before the failure
                return received.failure();
            }
            if (!received) {
                end_ = End::server;
            } else if (*received) {
                output_.add({reinterpret_cast<const char*>((*received)->data()), (*received)->size()});
                start_quiet();
            } else {
                break;
            }
        }
        return {};
    }

    Result<void> write_output() {
        const auto failed = output_.write();
        return failed ? fail(InputErrc::unwritable, "standard output cannot be written: " + failed.message())
                      : Result<void>{};
    }

    void tell_of_drops() {
        if (told_of_forgeries_ && told_of_length_) {
            return;
        }
        const auto report = connection_.report();
        if (report.throttled && !std::exchange(told_of_forgeries_, true)) {
            options_.throttled();
        }
        if (report.drops.too_long != 0 && !std::exchange(told_of_length_, true)) {
            options_.too_long();
        }
    }

    // A reader has as long as the server had to say something; no time when the user wants to end it.
    Result<void> flush() {
        const auto until = end_ == End::interrupted ? clock_.now() : clock_.now() + options_.quiet;
        for (;;) {
            TRYV(write_output());
            const auto left = std::chrono::ceil<milliseconds>(until - clock_.now()).count();
            if (output_.empty() || left <= 0) {
                return {};
            }
            std::array<pollfd, 2> polled{pollfd{output_.fd(), POLLOUT, 0}, pollfd{options_.signals, POLLIN, 0}};
            if (::poll(polled.data(), polled.size(), static_cast<int>(left)) > 0 && polled[1].revents != 0) {
                return {};
            }
        }
    }

    void start_quiet() {
        if (outbox_.ended() && outbox_.empty()) {
            quiet_until_ = clock_.now() + options_.quiet;
        }
    }

    dtls::Connection& connection_;
    Clock& clock_;
    const RelayOptions& options_;
    io::Output output_;
    Outbox outbox_;
    std::array<pollfd, 4> polled_{};
    std::optional<TimePoint> quiet_until_;
    std::optional<End> end_;
    bool passed_ = false;
    bool receiving_passed_ = false;
    bool told_of_forgeries_ = false;
    bool told_of_length_ = false;
};

}  // namespace

Result<RelayResult> relay(dtls::Connection& connection, Clock& clock, const RelayOptions& options) {
    return Relay{connection, clock, options}.run();
}

}  // namespace trustx::cli
