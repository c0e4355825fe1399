// SPDX-License-Identifier: Apache-2.0
// The C boundary: the only place where exceptions are caught and where errors become entries of the error queue.
// Every dispatch function that can fail is one call of these.
#pragma once

#include "common/text/printable.hpp"
#include "context.hpp"

#include <exception>
#include <memory>
#include <new>

namespace trustx::provider {

// raise_first makes our text the first of the queue, because many programs print only that entry: what libcrypto added
// before, such as "unsupported", is removed. Where the software implementation failed, its entries say more and stay.
inline void raise_first(const Core& core, bool marked, const ProviderError& error) noexcept {
    if (error.reason != Reason::software_failed) {
        core.raise_at_mark(error);
        return;
    }
    if (marked) {
        core.drop_mark();
    }
    core.raise(error);
}

// guard runs a function that returns Outcome<R>; on an error it raises and returns `otherwise`.
template <class R, class Function>
R guard(const Core& core, R otherwise, Function&& function) noexcept {
    const bool marked = core.set_mark();
    try {
        const Outcome<R> outcome = function();
        if (outcome) {
            if (marked) {
                core.drop_mark();
            }
            return *outcome;
        }
        ProviderError shown = outcome.error();
        shown.text = text::printable(shown.text);  // it names files, keys and certificates in their own words
        raise_first(core, marked, shown);
    } catch (const std::bad_alloc&) {
        core.raise(Reason::out_of_memory, "");
    } catch (const std::exception& exception) {
        core.raise(Reason::internal_error, exception.what());
    } catch (...) {
        core.raise(Reason::internal_error, "unknown exception");
    }
    return otherwise;
}

// answer runs a function that returns Outcome<void> and says 1 or 0.
template <class Function>
int answer(const Core& core, Function&& function) noexcept {
    return guard<int>(core, 0, [&]() -> Outcome<int> {
        TRYV(function());
        return 1;
    });
}

// hand_over runs a function that returns an Outcome of an owner with release(), and gives libcrypto what it owned.
template <class Function>
void* hand_over(const Core& core, Function&& function) noexcept {
    return guard<void*>(core, nullptr, [&]() -> Outcome<void*> {
        TRY(auto owner, function());
        return static_cast<void*>(owner.release());
    });
}

// make_context, duplicate_context and free_context are the newctx, dupctx and freectx of a type.
template <class T, class... Arguments>
void* make_context(void* provctx, Arguments... arguments) noexcept {
    auto& context = ProviderContext::of(provctx);
    return hand_over(context.core(),
                     [&]() -> Outcome<std::unique_ptr<T>> { return std::make_unique<T>(context, arguments...); });
}

template <class T>
void* duplicate_context(void* ctx) noexcept {
    const auto& original = T::of(ctx);
    return hand_over(original.core(), [&] { return original.duplicate(); });
}

template <class T>
void free_context(void* ctx) noexcept {
    delete static_cast<T*>(ctx);
}

}  // namespace trustx::provider
