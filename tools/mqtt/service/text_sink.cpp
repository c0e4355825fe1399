// SPDX-License-Identifier: Apache-2.0
#include "service/text_sink.hpp"

#include "common/io/output.hpp"
#include "common/text/printable.hpp"
#include "service/journal.hpp"

#include <cstdint>
#include <ctime>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <poll.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

namespace trustx::mqtt {
namespace {

constexpr int moment = 200;  // milliseconds: what a reader that reads may take

// PrintableMessage is a message with what brokers and certificates say made printable.
class PrintableMessage final : public spdlog::custom_flag_formatter {
 public:
    void format(const spdlog::details::log_msg& message, const std::tm& /*time*/, spdlog::memory_buf_t& line) override {
        const auto text = trustx::text::printable({message.payload.data(), message.payload.size()});
        line.append(text.data(), text.data() + text.size());
    }
    [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<PrintableMessage>();
    }
};

// JournalPriority is the level as the journal reads it from the beginning of a line (sd-daemon(3)).
class JournalPriority final : public spdlog::custom_flag_formatter {
 public:
    void format(const spdlog::details::log_msg& message, const std::tm& /*time*/, spdlog::memory_buf_t& line) override {
        const std::string_view priority = message.level >= spdlog::level::err    ? "<3>"
                                          : message.level == spdlog::level::warn ? "<4>"
                                          : message.level == spdlog::level::info ? "<6>"
                                                                                 : "<7>";
        line.append(priority.data(), priority.data() + priority.size());
    }
    [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<JournalPriority>();
    }
};

class TextSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
    explicit TextSink(int fd) : output_{fd} {}
    TextSink(const TextSink&) = delete;
    TextSink& operator=(const TextSink&) = delete;
    ~TextSink() override { wait_for_room(); }

 protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        if (!wait_for_room()) {
            ++dropped_;
            return;
        }
        spdlog::memory_buf_t line;
        if (const auto dropped = std::exchange(dropped_, 0); dropped > 0) {
            const auto text = fmt::format("{} message(s) were not written: nobody read them", dropped);
            formatter_->format({message.logger_name, spdlog::level::warn, text}, line);
        }
        formatter_->format(message, line);
        output_.add({line.data(), line.size()});
        static_cast<void>(output_.write());  // there is nobody to tell
    }
    void flush_() override {}

 private:
    // wait_for_room waits for a reader that reads; one that has been waited for in vain is not waited for again.
    bool wait_for_room() {
        static_cast<void>(output_.write());
        if (!output_.empty() && !std::exchange(stuck_, true)) {
            pollfd polled{.fd = output_.fd(), .events = POLLOUT, .revents = 0};
            ::poll(&polled, 1, moment);
            static_cast<void>(output_.write());
        }
        stuck_ = !output_.empty();
        return !stuck_;
    }

    io::Output output_;
    bool stuck_ = false;
    std::uint64_t dropped_ = 0;
};

}  // namespace

std::shared_ptr<spdlog::sinks::sink> text_sink(int fd) {
    auto sink = std::make_shared<TextSink>(fd);
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    // The journal knows the program's name.
    formatter->add_flag<PrintableMessage>('*').add_flag<JournalPriority>('#').set_pattern(is_journal(fd) ? "%#%*"
                                                                                                         : "%n: %*");
    sink->set_formatter(std::move(formatter));
    return sink;
}

}  // namespace trustx::mqtt
