// SPDX-License-Identifier: Apache-2.0
// trustx-mqtt shadow get, update and delete: one request, and its answer on standard output.
#pragma once

#include "commands/printer.hpp"
#include "requests/request.hpp"
#include "session/application.hpp"
#include "shadow/call.hpp"

#include <trustx/clock.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace trustx::mqtt {

class ShadowCallApplication final : public Application {
 public:
    using Make = std::function<ShadowCall(const Clock& clock, Tokens& tokens)>;

    ShadowCallApplication(const Make& make, int output);

    [[nodiscard]] std::vector<Subscription> subscriptions() const override;
    void connection_lost() override { call_.connection_lost(); }
    void arrived(const Message& message) override;
    [[nodiscard]] std::optional<OutgoingMessage> next() override;
    [[nodiscard]] std::optional<TimePoint> wakes_at() const override { return call_.wakes_at(); }
    void wake(TimePoint /*now*/) override { call_.wake(); }
    [[nodiscard]] std::vector<WatchedFd> descriptors(bool /*connected*/) const override {
        return output_.descriptors();
    }
    void ready(int fd, short events) override;
    [[nodiscard]] std::optional<ExitCode> over() const override { return output_.empty() ? over_ : std::nullopt; }
    void stop() override;
    [[nodiscard]] std::string progress() const override { return "no answer yet"; }

 private:
    void check(const Result<void>& printed);

    SystemClock clock_;
    Tokens tokens_;
    ShadowCall call_;
    Printer output_;
    std::uint64_t last_id_ = 0;
    std::optional<ExitCode> over_;
};

// random_number is what tokens begin with.
[[nodiscard]] std::uint64_t random_number();

[[nodiscard]] std::vector<Subscription> subscriptions_to(const std::vector<std::string>& filters);

}  // namespace trustx::mqtt
