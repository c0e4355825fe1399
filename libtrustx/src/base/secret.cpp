// SPDX-License-Identifier: Apache-2.0
#include <trustx/secret.hpp>

#include <cstring>

namespace trustx {

void wipe(void* memory, std::size_t size) noexcept {
    // An empty vector has no address, and explicit_bzero() must not be given none.
    if (size > 0) {
        ::explicit_bzero(memory, size);
    }
}

void wipe_and_clear(std::vector<std::uint8_t>& buffer) {
    buffer.resize(buffer.capacity());
    wipe(buffer.data(), buffer.size());
    buffer.clear();
}

}  // namespace trustx
