# SPDX-License-Identifier: Apache-2.0
# Every C and C++ file has the form that .clang-format gives it. With SELF_TEST, the name of a directory to write to:
# one that does not have it is found.
if(NOT CLANG_FORMAT)
  message(STATUS "SKIPPED: clang-format-16 is not installed")
  return()
endif()

# check runs clang-format over files; result is 0 where each has the form.
function(check result)
  execute_process(COMMAND "${CLANG_FORMAT}" --dry-run --Werror ${ARGN} RESULT_VARIABLE code)
  set(${result} "${code}" PARENT_SCOPE)
endfunction()

if(SELF_TEST)
  configure_file(.clang-format "${SELF_TEST}/.clang-format" COPYONLY)
  file(WRITE "${SELF_TEST}/good.cpp" "int answer(bool known) {\n    if (known) {\n        return 42;\n    }\n    return 0;\n}\n")
  file(WRITE "${SELF_TEST}/planted.cpp" "int answer(bool known) {\n    if (known) return 42;\n    return 0;\n}\n")
  check(good "${SELF_TEST}/good.cpp")
  check(planted "${SELF_TEST}/good.cpp" "${SELF_TEST}/planted.cpp")
  if(NOT good STREQUAL "0" OR planted STREQUAL "0")
    message(FATAL_ERROR "clang-format ended with ${good} on a good file and with ${planted} on one without braces")
  endif()
  return()
endif()

set(sources "")
foreach(directory common examples libtrustx provider tests tools)
  file(GLOB_RECURSE found "${directory}/*.cpp" "${directory}/*.hpp" "${directory}/*.c" "${directory}/*.h")
  list(APPEND sources ${found})
endforeach()
list(LENGTH sources count)
if(count LESS 300)
  message(FATAL_ERROR "the tree was not found")
endif()
check(result ${sources})
if(NOT result STREQUAL "0")
  message(FATAL_ERROR "run clang-format-16 -i on the files above")
endif()
