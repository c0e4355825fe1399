# SPDX-License-Identifier: Apache-2.0
# What every target of the project shares: the language level, where results land in the build tree, and the
# warnings. Nothing here writes CMAKE_CXX_FLAGS: they are the user's or the distribution's.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
set(TRUSTX_MODULE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/ossl-modules")

# Without it, a 32-bit system cannot stat() files whose inode numbers need 64 bits, as some file systems give them out.
if(CMAKE_SIZEOF_VOID_P EQUAL 4)
  add_compile_definitions(_FILE_OFFSET_BITS=64)
endif()

# Processors older than ARMv7, for which Raspberry Pi OS with 32 bits is built, count in 64 bits by a library.
include(CheckCXXSourceCompiles)
check_cxx_source_compiles("#include <atomic>
  int main(int count, char**) { std::atomic<unsigned long long> sum(count); return ++sum == 0; }" TRUSTX_WIDE_ATOMICS)
if(NOT TRUSTX_WIDE_ATOMICS)
  link_libraries(atomic)
endif()

find_program(TRUSTX_CCACHE ccache)
mark_as_advanced(TRUSTX_CCACHE)
if(TRUSTX_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${TRUSTX_CCACHE}")
endif()

option(TRUSTX_WARNINGS_AS_ERRORS "Stop at the first warning" OFF)
set(TRUSTX_SANITIZE "" CACHE STRING "Sanitizers for all targets, as in -fsanitize=: address,undefined or thread")

# Linked privately by each target: warnings are our business, never a consumer's.
add_library(trustx_warnings INTERFACE)
target_compile_options(trustx_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Wcast-align -Woverloaded-virtual -Wnull-dereference -Wformat=2 -Wimplicit-fallthrough
  $<$<BOOL:${TRUSTX_WARNINGS_AS_ERRORS}>:-Werror>)
# A unity build (the preset `release`) compiles several sources as one file, in which a local name may be that of another
# source's helper; where each source is compiled alone, it shadows nothing. The compiler also takes all of them for headers,
# whose types several files would see.
if(CMAKE_UNITY_BUILD)
  target_compile_options(trustx_warnings INTERFACE -Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()
# From -O2 on, and with a sanitizer, g++ 12 sees paths inside libstdc++ and header-only libraries that nobody takes. What
# these warnings find in our code they find in the other builds, too.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  if(TRUSTX_SANITIZE)
    target_compile_options(trustx_warnings INTERFACE -Wno-null-dereference -Wno-array-bounds -Wno-maybe-uninitialized)
  else()
    target_compile_options(trustx_warnings INTERFACE
      $<$<NOT:$<CONFIG:Debug>>:-Wno-null-dereference -Wno-array-bounds -Wno-stringop-overread>)
  endif()
endif()

if(TRUSTX_SANITIZE)
  add_compile_options(-fsanitize=${TRUSTX_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TRUSTX_SANITIZE})
endif()

# All code is instrumented for coverage, so that the fuzzer sees where it gets; each fuzz target links the rest itself.
if(TRUSTX_BUILD_FUZZERS)
  set(CMAKE_REQUIRED_FLAGS -fsanitize=fuzzer)
  check_cxx_source_compiles("extern \"C\" int LLVMFuzzerTestOneInput(const unsigned char*, decltype(sizeof 1)) { return 0; }"
    TRUSTX_HAVE_LIBFUZZER)
  unset(CMAKE_REQUIRED_FLAGS)
  if(NOT TRUSTX_HAVE_LIBFUZZER)
    message(FATAL_ERROR "TRUSTX_BUILD_FUZZERS needs clang and its libFuzzer (Debian: apt-get install clang libclang-rt-dev)")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()

include(Hardening)
