# SPDX-License-Identifier: Apache-2.0
# The target `tidy`: clang-tidy over library, provider and tools, by the compile commands of a build with clang.
# .clang-tidy says what it looks for.
find_program(TRUSTX_RUN_CLANG_TIDY run-clang-tidy)
mark_as_advanced(TRUSTX_RUN_CLANG_TIDY)
if(TRUSTX_RUN_CLANG_TIDY AND CMAKE_CXX_COMPILER_ID MATCHES Clang)
  add_custom_target(tidy
    COMMAND "${TRUSTX_RUN_CLANG_TIDY}" -quiet -p "${PROJECT_BINARY_DIR}"
            "^${PROJECT_SOURCE_DIR}/(libtrustx|provider|tools)/"
    USES_TERMINAL VERBATIM)
endif()
