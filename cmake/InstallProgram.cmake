# SPDX-License-Identifier: Apache-2.0
# trustx_install_program(TARGET NAME): for programs that use libtrustx. In the build tree they look for it in the directory
# of the same tree and nowhere else: CMake's own search path ends in an empty element, which stands for the current
# directory. An installed program has no search path.
function(trustx_install_program target name)
  set_target_properties(${target} PROPERTIES SKIP_BUILD_RPATH ON)
  target_link_options(${target} PRIVATE "LINKER:-rpath,$<TARGET_FILE_DIR:trustx>")
  install(TARGETS ${target} RUNTIME)
  install(CODE "file(RPATH_REMOVE FILE \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/${name}\")")
endfunction()
