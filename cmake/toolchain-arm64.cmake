# SPDX-License-Identifier: Apache-2.0
# 64-bit ARM, as in the preset arm64.
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(TRUSTX_TRIPLET aarch64-linux-gnu)
set(TRUSTX_QEMU_NAME aarch64)
include("${CMAKE_CURRENT_LIST_DIR}/toolchain-debian.cmake")
