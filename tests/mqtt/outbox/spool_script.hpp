// SPDX-License-Identifier: Apache-2.0
// A spool's life, as a script of operations, and what must be in it after each: whatever ends an operation before its
// time, the spool has what it had before the operation or what it has after it, and nothing in between.
#pragma once

#include "outbox/spool.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace trustx::test {

using Held = std::vector<std::string>;  // payloads, in their order

class SpoolScript {
 public:
    // begun is called before an operation that changes the disk, with what the spool has after it; done after it.
    struct Listener {
        std::function<void(const Held& after)> begun;
        std::function<void()> done;
    };

    // on_full is called when the disk has no space, before the operation is tried again.
    SpoolScript(mqtt::SpoolSettings settings, Listener listener, std::function<void()> on_full = {});

    // run gives the error that ended the script.
    mqtt::Result<void> run();

 private:
    mqtt::Result<void> perform(Held after, const std::function<mqtt::Result<void>()>& operation);
    mqtt::Result<void> open();
    mqtt::Result<void> close();
    mqtt::Result<void> accept(int count, std::size_t size);
    mqtt::Result<void> send(int count);
    mqtt::Result<void> flush();
    void deliver(int count);
    void refuse();
    void lose_connection();

    mqtt::SpoolSettings settings_;
    Listener listener_;
    std::function<void()> on_full_;
    std::unique_ptr<mqtt::Spool> spool_;
    Held held_;
    std::vector<mqtt::OutgoingMessage> in_flight_;
    Held delivered_;  // and not known to the disk yet
    int made_ = 0;
};

// held_by opens a spool and gives what is in it.
mqtt::Result<Held> held_by(const mqtt::SpoolSettings& settings);

}  // namespace trustx::test
