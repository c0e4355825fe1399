// SPDX-License-Identifier: Apache-2.0
// Device and LockedDevice: the way of a command from its type to the link and back, under the locks that keep
// threads and processes apart.
#include "command/apdu.hpp"
#include "common/try.hpp"
#include "device/durations.hpp"
#include "device/fork_generation.hpp"
#include "device/process_lock.hpp"
#include "device/thread_lock.hpp"
#include "device/tracer.hpp"
#include "ifx_i2c/link.hpp"

#include <trustx/device.hpp>
#include <trustx/secret.hpp>

#include <atomic>
#include <cstring>
#include <optional>
#include <utility>

#include <sys/random.h>

namespace trustx {
namespace {

using namespace std::chrono_literals;

constexpr int session_count = object::session_4.value - object::session_1.value + 1;
constexpr Duration session_poll_pause = 5ms;

// Closed, then the reason of a refusal lost by a reset, then closed again: more than that is no coincidence.
constexpr int max_refusals = 4;

std::uint64_t random_user() {
    std::uint64_t user = 0;
    // Any value will do that no other Device has; the system's generator cannot fail for 8 bytes (getrandom(2)).
    static_cast<void>(::getrandom(&user, sizeof user, 0));
    return user | 1U;  // never 0, which stands for nobody
}

std::string described(std::string_view name, const std::string& subject) {
    return subject.empty() ? std::string{name} : std::string{name} + " " + subject;
}

}  // namespace

class Device::Impl {
 public:
    Impl(BusAddress address, DeviceOptions options)
        : address_{std::move(address)},
          options_{std::move(options)},
          clock_{&system_clock_},
          name_{address_->text()},
          tracer_{options_.trace, options_.trace_sink, *clock_, name_} {}

    Impl(std::unique_ptr<I2cBus> bus, Clock& clock, DeviceOptions options)
        : options_{std::move(options)},
          clock_{&clock},
          name_{bus->name()},
          tracer_{options_.trace, options_.trace_sink, *clock_, name_},
          bus_{tracer_.watch(std::move(bus))} {
        link_.emplace(*bus_, *clock_);
    }

    Result<void> lock();
    void unlock() noexcept;
    Result<void> reset();
    Result<int> lease_session();
    void release_session(int index) noexcept;

    // transact sends an encoded command and gives the data of its response.
    Result<ByteView> transact(ByteView command, Repeatable repeatable, std::string_view name);

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] std::optional<Error> trace_trouble() const { return tracer_.trouble(); }
    void note(std::string_view text) { tracer_.note(text); }
    [[nodiscard]] Bytes& command_buffer() {
        command_.clear();
        return command_;
    }
    // Commands and answers may hold secrets; nothing of them stays behind in the buffers that live on.
    void forget_secrets() {
        wipe_and_clear(command_);
        wipe_and_clear(answer_);
        if (link_) {
            link_->forget_secrets();
        }
    }

 private:
    Result<void> learn_from_record();
    Result<void> ensure_attached(Deadline deadline);
    Result<void> open_process_lock();
    Result<void> take_process_lock(Deadline deadline);
    Result<std::optional<int>> try_any_session();
    Result<ByteView> exchange(ByteView command, Repeatable repeatable);
    Result<ResponseApdu> exchange_raw(ByteView command, Repeatable repeatable, Deadline deadline);
    Result<ChipError> fetch_last_error(Deadline deadline);
    Result<void> open_application(Deadline deadline);
    void drop_what_was_inherited();
    void drop_bus();

    [[nodiscard]] Deadline command_deadline() const { return Deadline::after(*clock_, options_.command_timeout); }

    std::optional<BusAddress> address_;  // absent where the bus was given: no process lock, no reopening
    DeviceOptions options_;
    SystemClock system_clock_;
    Clock* clock_;
    std::string name_;
    std::uint64_t user_ = random_user();
    std::uint32_t generation_ = fork_generation();

    FairThreadLock thread_lock_;
    std::atomic<std::uint32_t> leased_sessions_{0};  // one bit each; within this process
    std::optional<ProcessLock> process_lock_;
    Tracer tracer_;  // outlives the bus, which it watches
    std::unique_ptr<I2cBus> bus_;
    std::optional<ifx_i2c::Link> link_;
    Durations durations_;
    std::optional<std::uint16_t> known_frame_size_;  // from the former user, good for the next attach
    Bytes command_;
    Bytes answer_;
};

Result<void> Device::Impl::lock() {
    const auto deadline = Deadline::after(*clock_, options_.lock_timeout);
    if (!thread_lock_.try_lock_for(options_.lock_timeout)) {
        return fail(Errc::lock_timeout, "wait for " + name_ + ", used by another thread of this process");
    }
    drop_what_was_inherited();
    if (auto taken = take_process_lock(deadline); !taken) {
        thread_lock_.unlock();
        return taken;
    }
    auto ready = learn_from_record();
    if (link_) {
        // Under the lock nobody else uses the chip; before, somebody may have who does not know the lock.
        link_->suspect_others();
    }
    if (ready) {
        ready = ensure_attached(command_deadline());
    }
    if (!ready) {
        unlock();
    }
    return ready;
}

void Device::Impl::unlock() noexcept {
    if (generation_ != fork_generation()) {
        return;  // a lock that was held at the moment of a fork is the parent's to release
    }
    if (bus_) {
        bus_->rest();
    }
    if (process_lock_) {
        const bool in_sync = link_ && link_->in_sync();
        // A record that cannot be written says "not in sync" still, which costs the next user three transfers.
        static_cast<void>(process_lock_->write_record(
            {.user = user_, .frame_size = link_ ? link_->frame_size() : std::uint16_t{0}, .in_sync = in_sync}));
        process_lock_->unlock();
    }
    thread_lock_.unlock();
}

void Device::Impl::drop_what_was_inherited() {
    if (generation_ == fork_generation() || !address_) {
        return;
    }
    // The parent goes on using the connection, the lock and the frame numbers: close our copies, tell the chip nothing.
    link_.reset();
    bus_.reset();
    process_lock_.reset();
    leased_sessions_ = 0;
    user_ = random_user();
    generation_ = fork_generation();
}

Result<void> Device::Impl::open_process_lock() {
    if (!address_ || process_lock_) {
        return {};
    }
    TRY(auto opened, ProcessLock::open(options_.lock_directory, *address_));
    process_lock_.emplace(std::move(opened));
    return {};
}

Result<void> Device::Impl::take_process_lock(Deadline deadline) {
    if (auto opened = open_process_lock(); !opened) {
        return opened;
    }
    return process_lock_ ? process_lock_->lock(*clock_, deadline) : Result<void>{};
}

Result<int> Device::Impl::lease_session() {
    const auto deadline = Deadline::after(*clock_, options_.lock_timeout);
    for (;;) {
        if (!thread_lock_.try_lock_for(options_.lock_timeout)) {
            return fail(Errc::lock_timeout, "wait for " + name_ + ", used by another thread of this process");
        }
        drop_what_was_inherited();
        const auto leased = try_any_session();
        thread_lock_.unlock();
        if (!leased) {
            return leased.failure();
        }
        if (*leased) {
            return **leased;
        }
        if (deadline.passed(*clock_)) {
            return fail(Errc::lock_timeout, "wait for one of the four session objects of " + name_);
        }
        clock_->sleep_for(session_poll_pause);
    }
}

Result<std::optional<int>> Device::Impl::try_any_session() {
    TRYV(open_process_lock());
    for (int index = 0; index < session_count; ++index) {
        const auto bit = 1U << static_cast<unsigned>(index);
        if ((leased_sessions_.load() & bit) != 0) {
            continue;
        }
        TRY(const auto claimed, process_lock_ ? process_lock_->try_session(index) : Result<bool>{true});
        if (claimed) {
            leased_sessions_.fetch_or(bit);
            return index;
        }
    }
    return std::nullopt;
}

void Device::Impl::release_session(int index) noexcept {
    if (process_lock_) {
        process_lock_->release_session(index);
    }
    leased_sessions_.fetch_and(~(1U << static_cast<unsigned>(index)));
}

Result<void> Device::Impl::learn_from_record() {
    if (!process_lock_) {
        return {};
    }
    const auto record = process_lock_->read_record();
    if (link_ && (record.user != user_ || !record.in_sync)) {
        link_->doubt();
    }
    known_frame_size_.reset();
    if (record.in_sync && record.frame_size != 0) {
        known_frame_size_ = record.frame_size;
    }
    // Until unlock() says otherwise: should this process be killed, the next one knows.
    return process_lock_->write_record({.user = user_, .frame_size = 0, .in_sync = false});
}

Result<void> Device::Impl::ensure_attached(Deadline deadline) {
    if (!bus_) {
        TRY(auto bus, open_bus(*address_, *clock_));
        bus_ = tracer_.watch(std::move(bus));
        link_.emplace(*bus_, *clock_);
    }
    if (link_->in_sync()) {
        return {};
    }
    auto attached =
        tracer_.attach([&] { return link_->attach(std::exchange(known_frame_size_, std::nullopt), deadline); });
    if (!attached) {
        drop_bus();
    }
    return attached;
}

// An adapter that was unplugged or a peer that went away comes back as a new one: the next use opens it anew.
void Device::Impl::drop_bus() {
    if (address_) {
        link_.reset();
        bus_.reset();
    }
}

Result<void> Device::Impl::reset() {
    auto done = tracer_.reset([&] { return link_->reset(command_deadline()); });
    if (!done) {
        drop_bus();
    }
    return done;
}

Result<ResponseApdu> Device::Impl::exchange_raw(ByteView command, Repeatable repeatable, Deadline deadline) {
    const auto repeat = repeatable == Repeatable::yes ? ifx_i2c::Repeat::allowed : ifx_i2c::Repeat::never;
    TRYV(ensure_attached(deadline));
    auto exchanged = tracer_.exchange(command, answer_, [&] {
        return link_->exchange(command, answer_, max_apdu_size, repeat, durations_.of(command), deadline);
    });
    if (!exchanged) {
        drop_bus();
        return exchanged.failure();
    }
    return parse_response_apdu(answer_);
}

Result<ChipError> Device::Impl::fetch_last_error(Deadline deadline) {
    Bytes command;
    ApduWriter apdu{command};
    TRYV(GetDataObject{.object = object::last_error_code, .length = 1}.encode(apdu));
    TRY(const auto response, exchange_raw(command, Repeatable::no, deadline));
    if (response.status != 0 || response.data.size() != 1) {
        // Without an open application a chip may refuse this read too.
        return ChipError::command_not_available;
    }
    return static_cast<ChipError>(response.data.front());
}

Result<void> Device::Impl::open_application(Deadline deadline) {
    Bytes command;
    ApduWriter apdu{command};
    if (auto encoded = OpenApplication{}.encode(apdu); !encoded) {
        return encoded;
    }
    const auto response = exchange_raw(command, OpenApplication::repeatable, deadline);
    if (!response) {
        return response.failure(OpenApplication::name);
    }
    return response->status == 0 ? Result<void>{} : fail(Errc::chip_refused, std::string{OpenApplication::name});
}

Result<ByteView> Device::Impl::transact(ByteView command, Repeatable repeatable, std::string_view name) {
    const auto deadline = command_deadline();
    for (int refusals = 1;; ++refusals) {
        TRY(const auto response, exchange_raw(command, repeatable, deadline));
        if (response.status == 0) {
            return response.data;
        }
        const auto reason = fetch_last_error(deadline);
        if (!reason && reason.error() != Errc::outcome_unknown) {
            return reason.failure("refused, and the reason cannot be read");
        }
        const bool is_closed = reason && *reason == ChipError::command_not_available;
        const bool is_lost = !reason || *reason == ChipError::no_error;
        if (!is_lost && (!is_closed || name == OpenApplication::name)) {
            return fail(*reason);
        }
        // A command that was refused was not carried out: it can be sent again, also when it must not be repeated.
        if (refusals == max_refusals) {
            return is_closed ? fail(*reason) : fail(Errc::chip_refused);
        }
        // The application is opened when the chip asks for it, never in advance: that would end the sessions of
        // other processes (chip-commands.md section 6.1).
        TRYV(is_closed ? open_application(deadline) : Result<void>{});
    }
}

std::unique_ptr<Device> Device::open(BusAddress address, DeviceOptions options) {
    return std::unique_ptr<Device>{new Device{std::make_unique<Impl>(std::move(address), std::move(options))}};
}

std::unique_ptr<Device> Device::with_bus(std::unique_ptr<I2cBus> bus, Clock& clock, DeviceOptions options) {
    return std::unique_ptr<Device>{new Device{std::make_unique<Impl>(std::move(bus), clock, std::move(options))}};
}

Device::Device(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Device::~Device() = default;

Result<LockedDevice> Device::lock() {
    TRYV(impl_->lock());
    return LockedDevice{*impl_};
}

Result<SessionLease> Device::lease_session() {
    const auto index = impl_->lease_session();
    if (!index) {
        return index.failure("lease a session");
    }
    return SessionLease{*impl_, *index, fork_generation()};
}

Result<void> Device::reset() {
    auto locked = lock();
    if (!locked) {
        return locked.failure("reset");
    }
    auto done = impl_->reset();
    return done ? done : Result<void>{done.failure("reset")};
}

const std::string& Device::name() const {
    return impl_->name();
}

std::optional<Error> Device::trace_trouble() const {
    return impl_->trace_trouble();
}

LockedDevice::LockedDevice(LockedDevice&& other) noexcept : impl_{std::exchange(other.impl_, nullptr)} {}

LockedDevice& LockedDevice::operator=(LockedDevice&& other) noexcept {
    std::swap(impl_, other.impl_);
    return *this;
}

LockedDevice::~LockedDevice() {
    if (impl_ != nullptr) {
        impl_->unlock();
    }
}

SessionLease::SessionLease(SessionLease&& other) noexcept
    : impl_{std::exchange(other.impl_, nullptr)}, index_{other.index_}, generation_{other.generation_} {}

SessionLease& SessionLease::operator=(SessionLease&& other) noexcept {
    std::swap(impl_, other.impl_);
    std::swap(index_, other.index_);
    std::swap(generation_, other.generation_);
    return *this;
}

SessionLease::~SessionLease() {
    if (impl_ != nullptr && generation_ == fork_generation()) {
        impl_->release_session(index_);
    }
}

ObjectId SessionLease::object() const noexcept {
    return ObjectId{static_cast<std::uint16_t>(object::session_1.value + index_)};
}

void LockedDevice::note(std::string_view text) {
    impl_->note(text);
}

const std::string& LockedDevice::device_name() const {
    return impl_->name();
}

template <class Command>
Result<typename Command::Response> LockedDevice::run(const Command& command) {
    // What went wrong on the bus names the bus already.
    const auto operation = [&](const Error& error) {
        const bool named = error.message().find(impl_->name()) != std::string::npos;
        return described(Command::name, command.subject()) + (named ? "" : " on " + impl_->name());
    };
    auto& buffer = impl_->command_buffer();
    ApduWriter apdu{buffer};
    if (auto encoded = command.encode(apdu); !encoded) {
        return encoded.failure(described(Command::name, command.subject()));
    }
    const auto data = impl_->transact(buffer, Command::repeatable, Command::name);
    if (!data) {
        impl_->forget_secrets();
        return data.failure(operation(data.error()));
    }
    auto response = command.decode(*data);
    impl_->forget_secrets();
    if (!response) {
        return response.failure(operation(response.error()));
    }
    return response;
}

template Result<NoResponse> LockedDevice::run(const OpenApplication&);
template Result<Bytes> LockedDevice::run(const GetDataObject&);
template Result<Metadata> LockedDevice::run(const GetMetadata&);
template Result<NoResponse> LockedDevice::run(const SetDataObject&);
template Result<NoResponse> LockedDevice::run(const SetMetadata&);
template Result<Bytes> LockedDevice::run(const GetRandom&);
template Result<PublicKey> LockedDevice::run(const GenKeyPair&);
template Result<Signature> LockedDevice::run(const CalcSign&);
template Result<ExportKeyPair::Response> LockedDevice::run(const ExportKeyPair&);
template Result<NoResponse> LockedDevice::run(const VerifySign&);
template Result<SecretBytes> LockedDevice::run(const CalcSSec&);
template Result<SecretBytes> LockedDevice::run(const DeriveKey&);
template Result<CalcHash::Response> LockedDevice::run(const CalcHash&);
template Result<NoResponse> LockedDevice::run(const SetAuthScheme&);
template Result<NoResponse> LockedDevice::run(const SetAuthMsg&);
template Result<Signature> LockedDevice::run(const GetAuthMsg&);

}  // namespace trustx
