# SPDX-License-Identifier: Apache-2.0
# Optimised builds get what Debian's hardening=+all gives its packages. A build without a type gets nothing: there the
# distribution brings flags of its own. Sanitizers do the same work better, and do not go together with _FORTIFY_SOURCE.
include(CheckCXXCompilerFlag)
include(CheckPIESupported)
check_pie_supported()

if(NOT TRUSTX_SANITIZE)
  set(optimised "$<CONFIG:Release,RelWithDebInfo,MinSizeRel>")
  # The last two are x86's and 64-bit ARM's protection of jumps and returns: each compiler knows those of its target.
  foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection -mbranch-protection=standard)
    string(MAKE_C_IDENTIFIER "TRUSTX_HAVE${flag}" have)
    check_cxx_compiler_flag(${flag} ${have})
    if(${have})
      add_compile_options("$<${optimised}:${flag}>")
    endif()
  endforeach()
  # Not defined twice where the compiler or CXXFLAGS define it already.
  add_compile_options("$<${optimised}:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
  add_link_options("$<${optimised}:LINKER:-z,relro,-z,now>")
endif()
