# SPDX-License-Identifier: Apache-2.0
# The interface of libgpiod, of version 1.6 or 2, which differ. Gives Gpiod::headers, which defines TRUSTX_GPIOD_MAJOR.
# Nothing is linked with the library: libtrustx/src/bus/gpiod.cpp loads it.
find_path(GPIOD_INCLUDE_DIR gpiod.h)
mark_as_advanced(GPIOD_INCLUDE_DIR)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Gpiod REQUIRED_VARS GPIOD_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "Debian: apt-get install libgpiod-dev")

if(Gpiod_FOUND AND NOT TARGET Gpiod::headers)
  # The header says no version. This function came with 2.
  file(STRINGS "${GPIOD_INCLUDE_DIR}/gpiod.h" gpiod_line_config_new REGEX "gpiod_line_config_new" LIMIT_COUNT 1)
  set(gpiod_major 1)
  if(gpiod_line_config_new)
    set(gpiod_major 2)
  endif()
  add_library(Gpiod::headers INTERFACE IMPORTED)
  set_target_properties(Gpiod::headers PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${GPIOD_INCLUDE_DIR}"
    INTERFACE_COMPILE_DEFINITIONS TRUSTX_GPIOD_MAJOR=${gpiod_major})
endif()
