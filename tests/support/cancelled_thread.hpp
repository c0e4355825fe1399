// SPDX-License-Identifier: Apache-2.0
// A thread that is cancelled (pthread_cancel(3)) before it begins, so that no test depends on the moment.
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

// run_cancelled does work in a thread whose cancellation is pending all the while, and looks for it afterwards. Code
// that lets itself be cancelled ends at its first cancellation point, and the process with it where the unwinding meets
// a noexcept function.
inline CancelledThread run_cancelled(const std::function<bool()>& work) {
    struct Shared {
        const std::function<bool()>& work;
        CancelledThread seen;
    } shared{work, {}};
    const auto thread_function = [](void* argument) -> void* {
        auto& mine = *static_cast<Shared*>(argument);
        int former = 0;
        ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &former);
        ::pthread_cancel(::pthread_self());
        ::pthread_setcancelstate(former, nullptr);
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

}  // namespace trustx::test
