# SPDX-License-Identifier: Apache-2.0
# Every C and C++ file has the form that .clang-format gives it.
set(sources "")
foreach(directory common examples libtrustx provider tests tools)
  file(GLOB_RECURSE found "${directory}/*.cpp" "${directory}/*.hpp" "${directory}/*.c" "${directory}/*.h")
  list(APPEND sources ${found})
endforeach()
list(LENGTH sources count)
if(count LESS 300)
  message(FATAL_ERROR "the tree was not found")
endif()
execute_process(COMMAND "${CLANG_FORMAT}" --dry-run --Werror ${sources} COMMAND_ERROR_IS_FATAL ANY)
