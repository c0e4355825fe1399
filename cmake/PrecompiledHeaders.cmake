# SPDX-License-Identifier: Apache-2.0
# Headers of others are most of what a compiler reads here: each is compiled once a target, or once for all tests. The
# presets for clang do without (CMAKE_DISABLE_PRECOMPILE_HEADERS), so that a file that forgets an include is found. So does
# what is compiled several sources as one, which the packages are: no header is read often then, and the locations of
# variables in GCC's debug information differ from build to build with precompiled headers (GCC's bug 124811).
set(trustx_standard_headers
  <algorithm> <array> <chrono> <cstdint> <functional> <memory> <optional> <span> <string> <string_view> <system_error>
  <utility> <variant> <vector> <tl/expected.hpp>)

# trustx_precompile(TARGET [<header>...]): the standard library's, and those given.
function(trustx_precompile target)
  if(CMAKE_UNITY_BUILD)
    return()
  endif()
  target_precompile_headers(${target} PRIVATE ${trustx_standard_headers} ${ARGN})
endfunction()

# ccache can only tell what a precompiled header holds when the preprocessor says so.
if(TRUSTX_CCACHE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
endif()
