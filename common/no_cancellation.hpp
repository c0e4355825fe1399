// SPDX-License-Identifier: Apache-2.0
// Cancellation of threads (pthread_cancel(3)) unwinds the stack by an exception that must pass: a noexcept function or
// a catch (...) in its way ends the process. Half an exchange with the chip would be left behind, too.
#pragma once

#include <pthread.h>

namespace trustx {

// NoCancellation postpones the cancellation of its thread for as long as it lives: the thread is cancelled at its next
// cancellation point after that, and at the end of this where its type is asynchronous. Then the destructor throws, so
// to speak: the function must not be noexcept, or the process ends. Functions that others call have one for their whole
// body. They nest.
class NoCancellation {
 public:
    NoCancellation() noexcept { ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &former_); }
    ~NoCancellation() noexcept(false) { ::pthread_setcancelstate(former_, nullptr); }
    NoCancellation(const NoCancellation&) = delete;
    NoCancellation& operator=(const NoCancellation&) = delete;

 private:
    int former_ = PTHREAD_CANCEL_ENABLE;
};

}  // namespace trustx
