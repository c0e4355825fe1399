# SPDX-License-Identifier: Apache-2.0
# trustx_install_program(TARGET NAME): for programs that use libtrustx. In the build tree they look for it in the directory
# of the same tree and nowhere else: the search path that CMake makes for it ends in an empty element, which stands for the
# current directory. An installed program has none. As the path goes into the build id it is relative: the same wherever
# the tree is.
function(trustx_install_program target name)
  file(RELATIVE_PATH libraries "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}" "${CMAKE_LIBRARY_OUTPUT_DIRECTORY}")
  set_target_properties(${target} PROPERTIES BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "$ORIGIN/${libraries}")
  install(TARGETS ${target} RUNTIME)
  install(CODE "file(RPATH_REMOVE FILE \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/${name}\")")
endfunction()
