# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.25)

function(must)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(must_complain program)
  execute_process(COMMAND ${CMAKE_COMMAND} -E env "LD_LIBRARY_PATH=${prefix}/${LIBDIR}" ${program}
    WORKING_DIRECTORY "${SCRATCH}" OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
  message("${output}")
  if(NOT output MATCHES "GetRandom.*/nowhere/chip")
    message(FATAL_ERROR "${program} does not say that there is no chip")
  endif()
endfunction()

file(REMOVE_RECURSE "${SCRATCH}")
file(MAKE_DIRECTORY "${SCRATCH}")
set(prefix "${SCRATCH}/prefix")
set(ENV{DESTDIR} "${SCRATCH}/root")
must(${CMAKE_COMMAND} --install "${BUILD_DIR}" --prefix "${prefix}")
# What has a fixed place in the system (/etc, OpenSSL's modules) stays under DESTDIR; the rest moves to the prefix.
unset(ENV{DESTDIR})
file(RENAME "${SCRATCH}/root${prefix}" "${prefix}")
foreach(file "${BINDIR}/trustx" "${BINDIR}/trustx-sim" "${LIBDIR}/libtrustx.so" "share/man/man1/trustx.1"
    "share/man/man1/trustx-aws.1" "share/man/man1/trustx-dtls.1" "share/man/man1/trustx-mqtt.1" "share/man/man1/trustx-sim.1"
    "share/man/man5/trustx.conf.5" "share/man/man5/trustx-recipe.5" "share/man/man7/provider-trustx.7"
    "share/bash-completion/completions/trustx-sim" "share/zsh/vendor-completions/_trustx"
    "lib/udev/rules.d/70-trustx.rules")
  if(NOT EXISTS "${prefix}/${file}")
    message(FATAL_ERROR "${file} was not installed")
  endif()
endforeach()
execute_process(COMMAND ${READELF} -d "${prefix}/${BINDIR}/trustx" OUTPUT_VARIABLE dynamic COMMAND_ERROR_IS_FATAL ANY)
if(dynamic MATCHES "R(UN)?PATH")
  message(FATAL_ERROR "the installed program looks for libraries in the build tree: ${dynamic}")
endif()
if(NOT EXISTS "${SCRATCH}/root/etc/trustx/trustx.conf")
  message(FATAL_ERROR "the configuration is not where the library looks for it")
endif()
file(GLOB_RECURSE module "${SCRATCH}/root/trustx.so" "${prefix}/trustx.so")
if(NOT module)
  message(FATAL_ERROR "the provider was not installed")
endif()

set(flags "")
if(SANITIZE)
  set(flags "-fsanitize=${SANITIZE}")
endif()
# The build tool of this tree is the only one that is surely there.
must(${CMAKE_COMMAND} -G "${GENERATOR}" -S "${CONSUMER}" -B "${SCRATCH}/cmake" "-DCMAKE_PREFIX_PATH=${prefix}"
  "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_CXX_FLAGS=${flags}")
must(${CMAKE_COMMAND} --build "${SCRATCH}/cmake")
must_complain("${SCRATCH}/cmake/consumer")

set(ENV{PKG_CONFIG_PATH} "${prefix}/${LIBDIR}/pkgconfig")
execute_process(COMMAND ${PKG_CONFIG} --cflags --libs trustx
  OUTPUT_VARIABLE flags_of_trustx OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags_of_trustx)
separate_arguments(flags)
must(${CXX} ${flags} "${CONSUMER}/consumer.cpp" -o "${SCRATCH}/consumer" ${flags_of_trustx})
must_complain("${SCRATCH}/consumer")
