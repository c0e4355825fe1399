// SPDX-License-Identifier: Apache-2.0
#include "device/process_lock.hpp"

#include "base/random_number.hpp"
#include "base/root_directory.hpp"
#include "common/io/no_size_signal.hpp"
#include "common/try.hpp"
#include "device/byte_lock.hpp"
#include "device/lock_file.hpp"
#include "device/lock_queue.hpp"
#include "device/process_name.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>

namespace trustx {
namespace {

using namespace std::chrono_literals;

// Locks on single bytes of one file, beyond the record: the chip, each session object, and the queues of those that
// wait for the chip or for a session object. A program that releases the chip and wants it again at once finds the
// queue and joins it.
constexpr off_t chip_byte = 0x1000;
// Whoever has the chip has this one too, with a lock of the kind that tells its owner's process.
constexpr off_t owner_byte = 0x1001;
constexpr off_t first_session_byte = 0x1010;
constexpr int max_sessions = 4;
constexpr QueuePlace chip_queue{.numbers_at = queue_numbers_at, .first_place = off_t{1} << 20};
constexpr QueuePlace session_queue{.numbers_at = session_queue_numbers_at,
                                   .first_place = chip_queue.first_place + queue_length};

// The kernel offers no lock with a time limit, so waiting is polling. The first in the queue looks often, which hands
// the chip over quickly; the others have time.
constexpr Duration first_pause = 50us;
constexpr Duration longest_pause_of_first = 250us;
constexpr Duration longest_pause = 2ms;

// A process that does not take what nobody has for so long is stopped, or wishes the others ill.
constexpr Duration turn_expires = 100ms;

// A process that only looks has a session object for microseconds, unless it is stopped just then.
constexpr Duration patience_with_others = 100ms;

// Others of this process close theirs in microseconds; one that uses the chip is not waited for.
constexpr Duration patience_to_close = 100ms;

// The kernel has told the process that has the lease to give it up, and takes it away after a while (fcntl(2)).
bool is_leased(const Error& error) {
    return error == errno_code(EAGAIN);
}

Result<bool> not_first(const LockQueue& queue) {
    TRY(const bool first, queue.first());
    return !first;
}

// its_turn is that of the first in a queue, of a process that finds the queue empty, and of anybody when what they wait
// for stays idle because the first does not take it. in_use says whether that is in use; it is asked only if others are
// before.
template <class InUse>
Result<bool> its_turn(LockQueue& queue, TimePoint now, std::optional<TimePoint>& idle_since, InUse in_use) {
    queue.leave_if_passed_over();
    TRY(const bool others_first, queue.entered() ? not_first(queue) : queue.anybody_waits());
    if (!others_first) {
        return true;
    }
    TRY(const bool used, in_use());
    idle_since = used ? std::nullopt : std::optional{idle_since.value_or(now)};
    if (!idle_since || now - *idle_since < turn_expires) {
        return false;
    }
    queue.pass_over();
    return true;
}

}  // namespace

ProcessLock::ProcessLock(std::string directory, const BusAddress& address, LockOwner owner)
    : directory_{std::move(directory)},
      address_{address},
      name_{lock_file_name(address)},
      path_{directory_ + "/" + name_},
      owner_{owner} {}

ProcessLock::ProcessLock(ProcessLock&& other) noexcept : owner_{other.owner_} {
    swap(other);
}

ProcessLock& ProcessLock::operator=(ProcessLock&& other) noexcept {
    swap(other);
    return *this;
}

void ProcessLock::swap(ProcessLock& other) noexcept {
    std::swap(directory_, other.directory_);
    std::swap(address_, other.address_);
    std::swap(name_, other.name_);
    std::swap(path_, other.path_);
    std::swap(owner_, other.owner_);
    std::swap(fd_, other.fd_);
    std::swap(claims_, other.claims_);
    std::swap(locked_, other.locked_);
    sessions_ = other.sessions_.exchange(sessions_.load());
    std::swap(claim_counts_, other.claim_counts_);
    std::swap(session_queue_, other.session_queue_);
    std::swap(session_idle_since_, other.session_idle_since_);
    std::swap(generation_, other.generation_);
}

ProcessLock::~ProcessLock() {
    unlock();
    stop_waiting_for_session();
    for (int index = 0; index < max_sessions; ++index) {
        if ((sessions_ & 1U << static_cast<unsigned>(index)) != 0) {
            release_session(index);
        }
    }
    close_file();
}

Result<ProcessLock> ProcessLock::open(const std::string& directory, const BusAddress& address, LockOwner owner) {
    ProcessLock lock{directory, address, owner};
    auto opened = lock.ensure_open();
    if (!opened && !is_leased(opened.error())) {
        return opened.failure();
    }
    return lock;
}

// An adapter that was plugged in again may have another number, to which a link that udev made leads by now. The bus is
// opened by its path for each command, unless it has to stay open, as locks of the process have to.
void ProcessLock::follow_adapter() {
    if (owner_ == LockOwner::process || address_.kind != BusAddress::Kind::linux_i2c) {
        return;
    }
    if (auto name = lock_file_name(address_); name != name_) {
        close_file();
        name_ = std::move(name);
        path_ = directory_ + "/" + name_;
    }
}

// usable also finds a file that was deleted: the others use its successor.
bool ProcessLock::usable() const noexcept {
    const auto status = fd_.status();
    return status && status->st_nlink > 0;
}

Result<void> ProcessLock::ensure_open() {
    if (usable()) {
        return {};
    }
    close_file();
    session_queue_.reset();  // the place in it went with the former file
    auto opened = open_lock_file(directory_, name_);
    if (!opened) {
        return tl::unexpected{explained_by_root(opened.error())};
    }
    // The mark tells a file of ours from the same one opened by the library inside the provider's module.
    const auto mark = owner_ == LockOwner::process ? KeptFd::Mark::offset : KeptFd::Mark::offset_of_this_process;
    TRY(auto kept, KeptFd::keep(*std::move(opened), mark).during("open the lock file " + path_));
    fd_ = std::move(kept);
    TRYV(reserve_space());
    claim_sessions_again();
    return {};
}

// The claims went with the former file. Where another process was faster, it has the session now, or has had it.
void ProcessLock::claim_sessions_again() {
    auto* const former = claims_;
    const auto status = fd_.status();
    claims_ = owner_ == LockOwner::process && status ? &LocalClaims::of(status->st_ino) : nullptr;
    for (int index = 0; index < max_sessions; ++index) {
        const auto bit = 1U << static_cast<unsigned>(index);
        if ((sessions_ & bit) == 0) {
            continue;
        }
        if (former != nullptr && former != claims_) {
            former->release_session(index);
        }
        const bool free_here = claims_ == former || claims_ == nullptr || claims_->claim_session(index);
        if (!free_here || !locks().try_lock(first_session_byte + index).value_or(false)) {
            sessions_ &= ~bit;
        } else if (!keep_count(index)) {
            sessions_ &= ~bit;
            locks().unlock(first_session_byte + index);
        }
    }
}

// keep_count is false where somebody has claimed the session since. A new file has no count yet.
bool ProcessLock::keep_count(int index) noexcept {
    const auto own = claim_counts_.at(static_cast<std::size_t>(index));
    const auto present = session_claims(index).value_or(0);
    return present == own || (present == 0 && write_session_claims(fd_.get(), index, own));
}

// To close any descriptor of the file takes away what this process has locked by itself: one that comes at the wrong
// time stays open.
void ProcessLock::close_file() noexcept {
    const auto status = fd_.status();
    if (!status) {
        fd_.reset();
        return;
    }
    auto& claims = LocalClaims::of(status->st_ino);
    if (!claims.chip.try_lock_for(patience_to_close)) {
        fd_.forget();
        return;
    }
    if (claims.any_session()) {
        fd_.forget();
    } else {
        fd_.reset();
    }
    claims.chip.unlock();
}

// Space for the record now, so that a disk that fills up later cannot get in the way.
Result<void> ProcessLock::reserve_space() {
    const auto status = fd_.status();
    if (!status || status->st_size >= lock_file_size) {
        return {};
    }
    const io::NoSizeSignal guard;
    if (const int error = ::posix_fallocate(fd_.get(), 0, lock_file_size); error != 0) {
        return fail(errno_code(error), "extend the lock file " + path_);
    }
    return {};
}

Result<bool> ProcessLock::try_chip(LockQueue& queue, TimePoint now, std::optional<TimePoint>& idle_since) const {
    TRY(const bool may_take, its_turn(queue, now, idle_since, [this] { return in_use(); }));
    return may_take ? take_chip() : Result<bool>{false};
}

// in_use sees the chip in the hands of another user, in this process or elsewhere.
Result<bool> ProcessLock::in_use() const {
    return claims_ != nullptr && claims_->chip.is_held() ? Result<bool>{true} : locks().others_lock(chip_byte, 1);
}

Result<bool> ProcessLock::take_chip() const {
    if (claims_ != nullptr && !claims_->chip.try_lock_for(Duration::zero())) {
        return false;
    }
    const auto taken = locks().try_lock(chip_byte);
    if (taken.value_or(false)) {
        locks().sign(owner_byte);
    } else if (claims_ != nullptr) {
        claims_->chip.unlock();
    }
    return taken;
}

Result<ProcessLock::Waited> ProcessLock::wait_in(LockQueue& queue, Clock& clock, Deadline deadline) const {
    std::optional<TimePoint> idle_since;
    for (Duration pause = first_pause;;) {
        if (!usable()) {
            return Waited::file_is_gone;
        }
        TRY(const bool taken, try_chip(queue, clock.now(), idle_since));
        if (taken) {
            return Waited::locked;
        }
        if (deadline.passed(clock)) {
            return fail(Errc::lock_timeout, "wait for the chip, used by " + users());
        }
        if (!queue.entered()) {
            TRYV(queue.enter());
        }
        clock.sleep_until(std::min(clock.now() + pause, deadline.at));
        const bool is_first = usable() && queue.first().value_or(false);
        pause = std::min<Duration>(pause * 2, is_first ? longest_pause_of_first : longest_pause);
    }
}

Result<void> ProcessLock::wait_to_open(Clock& clock, Deadline deadline) {
    for (;;) {
        auto opened = ensure_open();
        if (opened || !is_leased(opened.error())) {
            return opened;
        }
        if (deadline.passed(clock)) {
            return fail(Errc::lock_timeout, "wait for the lock file " + path_ + ", on which a process has a lease");
        }
        clock.sleep_until(std::min(clock.now() + longest_pause, deadline.at));
    }
}

Result<void> ProcessLock::lock(Clock& clock, Deadline deadline) {
    follow_adapter();
    for (;;) {
        TRYV(wait_to_open(clock, deadline));
        LockQueue queue{locks(), chip_queue};
        const auto waited = wait_in(queue, clock, deadline);
        if (usable()) {
            queue.leave();
        }
        TRY(const auto outcome, waited);
        if (outcome == Waited::locked) {
            locked_ = true;
            return {};
        }
        if (deadline.passed(clock)) {
            return fail(Errc::lock_timeout, "wait for the chip; the lock file " + path_ + " does not stay open");
        }
    }
}

// A forked child has a copy of this: what its parent locked is the parent's to release.
bool ProcessLock::ours_to_release() const noexcept {
    return generation_ == fork_generation() && fd_.ours();
}

void ProcessLock::unlock() noexcept {
    if (!std::exchange(locked_, false)) {
        return;
    }
    if (ours_to_release()) {
        locks().unsign(owner_byte);
        locks().unlock(chip_byte);
    }
    if (claims_ != nullptr && generation_ == fork_generation()) {
        claims_->chip.unlock();
    }
}

void ProcessLock::continue_in_child() noexcept {
    generation_ = fork_generation();
    locked_ = false;
    sessions_ = 0;
    session_queue_.reset();
}

Result<std::optional<int>> ProcessLock::try_any_session(int count, std::uint32_t used, const Clock& clock) {
    const auto now = clock.now();
    TRYV(ensure_open());
    if (session_queue_ == nullptr) {
        session_queue_ = std::make_unique<LockQueue>(locks(), session_queue);
    }
    TRY(const bool may_take,
        its_turn(*session_queue_, now, session_idle_since_, [&] { return all_sessions_used(count, now); }));
    for (const auto index : in_order_of_lease(set_aside_marks(), now)) {
        const bool eligible = may_take && index && *index < count && (used >> static_cast<unsigned>(*index) & 1U) == 0;
        TRY(const bool claimed, eligible ? try_session(*index, clock) : Result<bool>{false});
        if (claimed) {
            stop_waiting_for_session();
            return *index;
        }
    }
    if (!session_queue_->entered()) {
        TRYV(session_queue_->enter());
    }
    return std::nullopt;
}

void ProcessLock::stop_waiting_for_session() noexcept {
    if (session_queue_ != nullptr && generation_ == fork_generation() && fd_.ours()) {
        session_queue_->leave();
    }
    session_queue_.reset();
    session_idle_since_.reset();
}

Result<bool> ProcessLock::session_is_used(int index, TimePoint now) const {
    const bool used_here = has_session(index) || (claims_ != nullptr && claims_->has_session(index));
    const bool kept = trustx::is_set_aside(set_aside_marks().at(static_cast<std::size_t>(index)), now);
    return used_here || kept ? Result<bool>{true} : locks().others_lock(first_session_byte + index, 1);
}

Result<bool> ProcessLock::all_sessions_used(int count, TimePoint now) const {
    for (int index = 0; index < count; ++index) {
        TRY(const bool used, session_is_used(index, now));
        if (!used) {
            return false;
        }
    }
    return true;
}

Result<bool> ProcessLock::try_session(int index, const Clock& clock) {
    if (claims_ != nullptr && !claims_->chip.try_lock_for(Duration::zero())) {
        return false;
    }
    // Somebody may have had it since the marks were read, and set it aside.
    auto claimed =
        claim_session(index, [&](std::uint32_t claims) { return !is_set_aside(index, claims, clock.now()); });
    if (claims_ != nullptr) {
        claims_->chip.unlock();
    }
    return claimed;
}

template <class MayHave>
Result<bool> ProcessLock::claim_session(int index, MayHave may_have) {
    if (claims_ != nullptr && !claims_->claim_session(index)) {
        return false;
    }
    auto claimed = lock_session(index, may_have);
    if (claims_ != nullptr && !claimed.value_or(false)) {
        claims_->release_session(index);
    }
    return claimed;
}

template <class MayHave>
Result<bool> ProcessLock::lock_session(int index, MayHave may_have) {
    TRY(const bool locked, locks().try_lock(first_session_byte + index).during("lock " + path_));
    if (!locked) {
        return false;
    }
    const auto before = session_claims(index).value_or(0);
    if (!may_have(before)) {
        locks().unlock(first_session_byte + index);
        return false;
    }
    // Whoever leased it before must not take it for its own again, so there is no claim without the count. A new file
    // begins anywhere: the count may not be one of its predecessor's.
    const auto claims = before == 0 ? static_cast<std::uint32_t>(random_number()) : before + 1;
    if (!write_session_claims(fd_.get(), index, claims)) {
        const auto code = errno_code(errno);
        locks().unlock(first_session_byte + index);
        return fail(code, "write " + path_);
    }
    write_set_aside(fd_.get(), index, 0);
    sessions_ |= 1U << static_cast<unsigned>(index);
    claim_counts_.at(static_cast<std::size_t>(index)) = claims;
    return true;
}

std::optional<std::uint32_t> ProcessLock::session_claims(int index) const noexcept {
    return fd_.ours() ? read_session_claims(fd_.get(), index) : std::nullopt;
}

SetAsideMarks ProcessLock::set_aside_marks() const noexcept {
    return fd_.ours() ? read_set_aside(fd_.get()) : SetAsideMarks{};
}

void ProcessLock::set_aside(int index, TimePoint until) noexcept {
    if (has_session(index) && ours_to_release()) {
        write_set_aside(fd_.get(), index, set_aside_mark(until));
    }
    release_session(index);
}

bool ProcessLock::is_set_aside(int index, std::uint32_t claims, TimePoint now) const noexcept {
    return session_claims(index) == claims &&
           trustx::is_set_aside(set_aside_marks().at(static_cast<std::size_t>(index)), now);
}

void ProcessLock::stop_setting_aside(int index, std::uint32_t claims) noexcept {
    if (session_claims(index) == claims && ours_to_release()) {
        write_set_aside(fd_.get(), index, 0);
    }
}

// Another process may have it for the moment in which it sees that it is set aside.
Result<bool> ProcessLock::try_same_session(int index, std::uint32_t claims, Clock& clock) {
    const auto deadline = Deadline::after(clock, patience_with_others);
    while (locked_ && !has_session(index) && session_claims(index) == claims) {
        const bool is_certain = is_set_aside(index, claims, clock.now());
        TRY(const bool others_wait,
            is_certain ? Result<bool>{false} : LockQueue(locks(), session_queue).anybody_waits());
        if (others_wait) {
            return false;
        }
        TRY(const bool claimed, claim_session(index, [&](std::uint32_t before) { return before == claims; }));
        if (claimed || !is_certain || deadline.passed(clock)) {
            return claimed;
        }
        clock.sleep_until(std::min(clock.now() + first_pause, deadline.at));
    }
    return false;
}

void ProcessLock::release_session(int index) noexcept {
    sessions_ &= ~(1U << static_cast<unsigned>(index));
    if (generation_ != fork_generation()) {
        return;
    }
    if (fd_.ours()) {
        locks().unlock(first_session_byte + index);
    }
    if (claims_ != nullptr) {
        claims_->release_session(index);
    }
}

// users tells who has the chip, not who waits for it.
std::string ProcessLock::users() const {
    if (!in_use().value_or(true)) {
        return "several processes in turn";
    }
    const auto pid = locks().signer(owner_byte);
    return pid ? describe_process(*pid) : "another process";
}

LinkRecord ProcessLock::read_record() const {
    return fd_.ours() ? trustx::read_record(fd_.get()) : LinkRecord{};
}

std::uint32_t ProcessLock::resets() const noexcept {
    return fd_.ours() ? read_resets(fd_.get()) : 0;
}

void ProcessLock::count_reset() const noexcept {
    if (fd_.ours()) {
        write_resets(fd_.get(), read_resets(fd_.get()) + 1);
    }
}

FailedDecryptions ProcessLock::failed_decryptions() const noexcept {
    return fd_.ours() ? read_failed_decryptions(fd_.get()) : FailedDecryptions{};
}

void ProcessLock::note_failed_decryption(TimePoint now) const noexcept {
    if (fd_.ours()) {
        auto failed = read_failed_decryptions(fd_.get());
        failed.note(now);
        static_cast<void>(write_failed_decryptions(fd_.get(), failed));
    }
}

Result<void> ProcessLock::write_record(const LinkRecord& record) const {
    const auto code = fd_.ours() ? trustx::write_record(fd_.get(), record) : errno_code(EBADF);
    if (code) {
        return fail(code, "write " + path_);
    }
    return {};
}

}  // namespace trustx
