// SPDX-License-Identifier: Apache-2.0
// One command and its answer: the application is opened where the chip asks for that, and the reason is fetched where
// it refuses.
#include "command/open_application.hpp"
#include "common/try.hpp"
#include "device/device_impl.hpp"

#include <trustx/secret.hpp>

#include <algorithm>

namespace trustx {
namespace {

// Closed, then the reason of a refusal lost by a reset, then closed again: more than that is no coincidence.
constexpr int max_refusals = 4;

}  // namespace

Result<void> Device::Impl::carry_out(const CommandCall& call) {
    auto done = [&]() -> Result<void> {
        TRY(const auto command, encode_command(call, command_));
        TRY(const auto data, located(transact(command)));
        auto decoded = located(call.decode(data));
        if (!decoded && link_) {
            // It may be the answer that another host was waiting for: the next command attaches first.
            link_->doubt();
        }
        return decoded;
    }();
    forget_secrets();
    return done;
}

Result<ByteView> Device::Impl::transact(const EncodedCommand& command) {
    const auto deadline = command_deadline();
    const auto session = leased(command.facts.object);
    if (session && process_lock_ && !process_lock_->has_session(static_cast<int>(*session))) {
        return fail(Errc::session_lost, "the lock file was closed, and another process took the session");
    }
    security_log_.sent(command, clock_->now());
    for (int refusals = 1;; ++refusals) {
        TRY(const auto response, exchange(command, command.info.repeatable, deadline));
        if (response.status == 0) {
            security_log_.answered(command, clock_->now());
            if (session) {
                session_resets_.at(*session) = resets();
            }
            return response.data;
        }
        if (refusals == 1) {
            note_refusal(command);
        }
        const auto reason = fetch_last_error(deadline);
        if (!reason && reason.error() != Errc::outcome_unknown) {
            return reason.failure("refused, and the reason cannot be read");
        }
        const bool is_closed = reason && *reason == ChipError::command_not_available;
        const bool is_lost = !reason || *reason == ChipError::no_error;
        if (!is_lost && (!is_closed || command.info.opcode == OpenApplication::info.opcode)) {
            return refused(command, *reason);
        }
        // A command that was refused was not carried out: it can be sent again, also when it must not be repeated.
        if (refusals == max_refusals) {
            return is_closed ? fail(*reason) : fail(Errc::chip_refused);
        }
        // The application is opened when the chip asks for it, never in advance: that would end the sessions of
        // other processes (chip-commands.md section 6.1).
        TRYV(is_closed ? open_application(deadline).during(OpenApplication::info.name) : Result<void>{});
    }
}

void Device::Impl::note_refusal(const EncodedCommand& command) noexcept {
    const auto now = clock_->now();
    security_log_.refused(command, now);
    if (!decrypts(command)) {
        return;
    }
    auto own = own_failed_decryptions();
    own.note(now);
    std::ranges::copy(own.entries(), failed_decryptions_.begin());
    if (process_lock_) {
        process_lock_->note_failed_decryption(now);
    }
}

FailedDecryptions Device::Impl::own_failed_decryptions() const noexcept {
    FailedDecryptions::Entries entries{};
    std::ranges::copy(failed_decryptions_, entries.begin());
    return FailedDecryptions{entries};
}

Duration Device::Impl::decryption_pause(unsigned most_failures) const noexcept {
    const auto now = clock_->now();
    const auto own = own_failed_decryptions().pause(most_failures, now);
    return process_lock_ ? std::max(own, process_lock_->failed_decryptions().pause(most_failures, now)) : own;
}

// A chip that was reset refuses to use what it no longer has, for reasons that name everything but that.
tl::unexpected<Error> Device::Impl::refused(const EncodedCommand& command, ChipError reason) const {
    const auto session = leased(command.facts.object);
    const bool was_reset = session && session_resets_.at(*session) != resets();
    return was_reset ? fail(Errc::session_lost) : fail(reason);
}

Result<ResponseApdu> Device::Impl::exchange(const EncodedCommand& command, Repeatable repeatable, Deadline deadline) {
    TRYV(ensure_attached(deadline));
    auto exchanged = exchange_once(command, repeatable, deadline);
    if (!exchanged && may_reset_after(exchanged.error())) {
        exchanged = recover(exchanged.error(), command, repeatable);
    }
    if (!exchanged) {
        drop_bus();
        return exchanged.failure();
    }
    return parse_response_apdu(answer_);
}

Result<void> Device::Impl::exchange_once(const EncodedCommand& command, Repeatable repeatable, Deadline deadline) {
    const auto repeat = repeatable == Repeatable::yes ? ifx_i2c::Repeat::allowed : ifx_i2c::Repeat::never;
    return tracer_.exchange(command, answer_, [&] {
        return link_->exchange(command.apdu, answer_, max_apdu_size, repeat, durations_.of(command), deadline);
    });
}

// recover resets a chip that stopped in the middle of a command, for all who come next, and repeats the command where
// that is allowed.
Result<void> Device::Impl::recover(const Error& error, const EncodedCommand& command, Repeatable repeatable) {
    TRYV(reset().during("reset the chip, which does not answer any more"));
    if (repeatable == Repeatable::no) {
        return fail(Errc::outcome_unknown, error.description() + ", and was reset");
    }
    return exchange_once(command, repeatable, command_deadline());
}

Result<ChipError> Device::Impl::fetch_last_error(Deadline deadline) {
    const GetDataObject read{.object = object::last_error_code, .length = 1};
    std::optional<Bytes> unused;
    Bytes buffer;
    TRY(const auto command, encode_command(CommandCall{read, unused}, buffer));
    TRY(const auto response, exchange(command, Repeatable::no, deadline));
    if (response.status != 0 || response.data.size() != 1) {
        // Without an open application a chip may refuse this read too.
        return ChipError::command_not_available;
    }
    return static_cast<ChipError>(response.data.front());
}

Result<void> Device::Impl::open_application(Deadline deadline) {
    const OpenApplication open;
    std::optional<NoResponse> unused;
    Bytes buffer;
    TRY(const auto command, encode_command(CommandCall{open, unused}, buffer));
    TRY(const auto response, exchange(command, command.info.repeatable, deadline));
    return response.status == 0 ? Result<void>{} : fail(Errc::chip_refused);
}

// Commands and answers may hold secrets; nothing of them stays behind in the buffers, which are used again.
void Device::Impl::forget_secrets() {
    wipe_and_clear(command_);
    wipe_and_clear(answer_);
    if (link_) {
        link_->forget_secrets();
    }
}

}  // namespace trustx
