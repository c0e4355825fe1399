# SPDX-License-Identifier: Apache-2.0
# Cross-building on Debian for another of its architectures: included by the toolchain file of each, which names it.
# Compiler and libraries are those that `tools/setup-debian --for ARCHITECTURE` installs.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER "${TRUSTX_TRIPLET}-gcc")
set(CMAKE_CXX_COMPILER "${TRUSTX_TRIPLET}-g++")
set(CMAKE_LIBRARY_ARCHITECTURE "${TRUSTX_TRIPLET}")
# pkg-config would otherwise find the libraries of the machine that builds.
set(ENV{PKG_CONFIG_LIBDIR} "/usr/lib/${TRUSTX_TRIPLET}/pkgconfig:/usr/share/pkgconfig")
# ctest runs the tests in it.
find_program(TRUSTX_EMULATOR NAMES "qemu-${TRUSTX_QEMU_NAME}" "qemu-${TRUSTX_QEMU_NAME}-static")
mark_as_advanced(TRUSTX_EMULATOR)
if(TRUSTX_EMULATOR)
  set(CMAKE_CROSSCOMPILING_EMULATOR "${TRUSTX_EMULATOR}")
endif()
