// SPDX-License-Identifier: Apache-2.0
// A thread that is cancelled (pthread_cancel(3)) before it begins, or by itself while its cancellation is postponed, so
// that no test depends on the moment.
#pragma once

#include <functional>
#include <stdexcept>

#include <pthread.h>

namespace trustx::test {

struct CancelledThread {
    bool finished = false;   // work came back
    bool good = false;       // and returned true
    bool cancelled = false;  // the thread ended as cancelled
};

// run_in_thread does work in a thread, after `prepare`, and looks for a cancellation afterwards.
inline CancelledThread run_in_thread(void (*prepare)(), const std::function<bool()>& work) {
    struct Shared {
        void (*prepare)();
        const std::function<bool()>& work;
        CancelledThread seen;
    } shared{prepare, work, {}};
    const auto thread_function = [](void* argument) -> void* {
        auto& mine = *static_cast<Shared*>(argument);
        mine.prepare();
        mine.seen.good = mine.work();
        mine.seen.finished = true;
        ::pthread_testcancel();
        return nullptr;
    };
    pthread_t thread{};
    void* result = nullptr;
    if (::pthread_create(&thread, nullptr, thread_function, &shared) != 0 || ::pthread_join(thread, &result) != 0) {
        throw std::runtime_error{"no thread"};
    }
    shared.seen.cancelled = result == PTHREAD_CANCELED;
    return shared.seen;
}

// run_cancelled does work in a thread whose cancellation is pending all the while. Code that lets itself be cancelled
// ends at its first cancellation point, and the process with it where the unwinding meets a noexcept function.
inline CancelledThread run_cancelled(const std::function<bool()>& work) {
    const auto prepare = [] {
        int former = 0;
        ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &former);
        ::pthread_cancel(::pthread_self());
        ::pthread_setcancelstate(former, nullptr);
    };
    return run_in_thread(prepare, work);
}

// run_cancelled_at_once does work in a thread that does not wait for a cancellation point. Work calls
// cancel_if_postponed somewhere inside the code that is tested. A thread that ends by that has not finished; whether it
// counts as cancelled depends on the version of glibc (2.36 gives it no result where pthread_setcancelstate acts).
inline CancelledThread run_cancelled_at_once(const std::function<bool()>& work) {
    const auto prepare = [] {
        int former = 0;
        ::pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &former);
    };
    return run_in_thread(prepare, work);
}

// cancel_if_postponed cancels its own thread where that has no effect yet.
inline void cancel_if_postponed() {
    int state = 0;
    ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    if (state == PTHREAD_CANCEL_DISABLE) {
        ::pthread_cancel(::pthread_self());
    }
    ::pthread_setcancelstate(state, nullptr);
}

}  // namespace trustx::test
