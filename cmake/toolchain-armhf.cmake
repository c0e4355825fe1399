# SPDX-License-Identifier: Apache-2.0
# 32-bit ARM with floating-point unit, as in the preset armhf.
set(CMAKE_SYSTEM_PROCESSOR arm)
set(TRUSTX_TRIPLET arm-linux-gnueabihf)
set(TRUSTX_QEMU_NAME arm)
include("${CMAKE_CURRENT_LIST_DIR}/toolchain-debian.cmake")
