// SPDX-License-Identifier: Apache-2.0
// How fast messages may follow each other. AWS IoT takes 100 in a second and 512 KiB/s on one connection (aws-iot.md
// section 2), and throws away what exceeds that: QoS 0 is lost, and QoS 1 stays without an acknowledgement until the
// next connection, which costs a signature.
#pragma once

#include <chrono>
#include <cstddef>

namespace trustx::mqtt {

class PublishRate {
 public:
    using Duration = std::chrono::steady_clock::duration;
    using TimePoint = std::chrono::steady_clock::time_point;

    // Limits hold in any second: a burst and what comes back of it in a second stay below AWS IoT's numbers. The bytes
    // of a burst may be exceeded by one message, of 128 KiB at most.
    struct Limits {
        unsigned burst = 20;       // messages without a wait after a time without any
        unsigned per_second = 80;  // in the long run
        std::size_t burst_bytes = std::size_t{32} * 1024;
        std::size_t bytes_per_second = std::size_t{352} * 1024;
    };

    explicit PublishRate(Limits limits);

    // sent: a message of so many bytes was sent at that moment.
    void sent(TimePoint now, std::size_t bytes);

    // wait is how long to wait from that moment before the next message; zero: none. Once a burst is used up it is
    // until half of it is back, so that messages leave several at a time: what a spool does for each departure is one
    // sync of its disk.
    [[nodiscard]] Duration wait(TimePoint now) const;

 private:
    // Each counts one kind: when all of it so far is paid for at the rate, and what of that may be owed.
    struct Account {
        void add(TimePoint now, Duration price);
        [[nodiscard]] Duration wait(TimePoint now) const;
        Duration credit;
        TimePoint paid_until{};
    };

    [[nodiscard]] Duration price_of_message() const;
    [[nodiscard]] Duration price_of(std::size_t bytes) const;

    Limits limits_;
    Account messages_;
    Account bytes_;
};

}  // namespace trustx::mqtt
