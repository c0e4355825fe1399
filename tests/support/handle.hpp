// SPDX-License-Identifier: Apache-2.0
// Owners of what C libraries allocate, by the function that frees it.
#pragma once

#include <memory>

namespace trustx::test {

template <auto release>
struct Releaser {
    template <class T>
    void operator()(T* object) const {
        static_cast<void>(release(object));
    }
};
template <class T, auto release>
using Handle = std::unique_ptr<T, Releaser<release>>;

}  // namespace trustx::test
