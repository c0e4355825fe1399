// SPDX-License-Identifier: Apache-2.0
#include "commands/publisher.hpp"

#include "common/try.hpp"

#include <utility>

#include <spdlog/spdlog.h>

namespace trustx::mqtt {
namespace {

constexpr std::chrono::seconds until_next_try{5};  // after a full disk

}  // namespace

int Publisher::input(bool connected) const {
    const bool wanted = parts_.source.wants_reading() && batch_.empty() && parts_.outbox->has_room();
    return wanted && (connected || parts_.durable) ? parts_.source.fd() : -1;
}

Result<void> Publisher::read_input() {
    const auto read = parts_.source.read();
    TRYV(fill());  // also what came before an error
    return read;
}

Result<void> Publisher::fill() {
    while (parts_.outbox->has_room()) {
        make_batch();
        if (batch_.empty()) {
            return {};
        }
        TRY(const bool accepted, accept_batch());
        if (!accepted) {
            return {};
        }
        if (parts_.durable) {
            spdlog::debug("{} message(s) in the spool", counters().held);
        }
        if (const auto dropped = counters().dropped; dropped != dropped_) {
            spdlog::warn("the spool is full: {} message(s) dropped so far", dropped);
            dropped_ = dropped;
        }
    }
    return {};
}

void Publisher::make_batch() {
    if (!batch_.empty() || stopped_) {
        return;
    }
    for (const auto& payload : parts_.source.take()) {
        for (const auto& form : parts_.forms) {
            batch_.push_back(form);
            batch_.back().payload = payload;
        }
    }
}

Result<void> Publisher::unless_full(const Result<void>& done) {
    if (done || done.error().cause != Cause::spool_full) {
        return done;
    }
    if (!std::exchange(full_, true)) {
        spdlog::error("{}; nothing more is accepted until then", to_string(done.error()));
    }
    wakes_at_ = std::chrono::steady_clock::now() + until_next_try;
    return {};
}

// Only what was accepted shows that there is space: what is delivered needs little of it, or none.
Result<bool> Publisher::accept_batch() {
    auto done = parts_.outbox->accept(batch_);
    if (!done) {
        TRYV(unless_full(done));
        return false;
    }
    batch_.clear();
    if (std::exchange(full_, false)) {
        spdlog::info("there is space again");
    }
    return true;
}

Result<void> Publisher::wake() {
    wakes_at_.reset();
    TRYV(settle());
    return fill();
}

Result<std::optional<OutgoingMessage>> Publisher::next() {
    TRYV(settle());
    if (stopped_) {
        return std::optional<OutgoingMessage>{};
    }
    if (!full_) {
        TRYV(fill());
    }
    TRY(auto message, parts_.outbox->next());
    in_flight_ += message ? 1U : 0U;
    TRYV(report_damage());
    return message;
}

// What is set aside is no longer waited for, so it leaves the spool now and not with the next message.
Result<void> Publisher::report_damage() {
    const auto damaged = counters().damaged;
    if (damaged == damaged_) {
        return {};
    }
    spdlog::error(
        "the disk has changed {} message(s) of the spool so far; they are not sent, and stay in its table 'damaged'; "
        "check the disk",
        damaged);
    damaged_ = damaged;
    return settle();
}

void Publisher::ended(std::uint64_t id, const PublishOutcome& outcome) {
    using Kind = PublishOutcome::Kind;
    --in_flight_;
    parts_.outbox->ended(id, outcome.kind == Kind::delivered ? Outbox::Ending::delivered
                             : outcome.kind == Kind::refused ? Outbox::Ending::refused
                                                             : Outbox::Ending::not_delivered);
}

Result<void> Publisher::settle() {
    return unless_full(parts_.outbox->flush());
}

void Publisher::stop() {
    kept_ = kept();
    stopped_ = true;
    parts_.source.end();
}

bool Publisher::finished() const {
    return parts_.source.finished() && batch_.empty() && parts_.outbox->empty();
}

}  // namespace trustx::mqtt
