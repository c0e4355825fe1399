# SPDX-License-Identifier: Apache-2.0
# libgpiod, of version 1.6 or 2, whose interfaces differ. Gives Gpiod::gpiod, which defines TRUSTX_GPIOD_MAJOR.
find_path(GPIOD_INCLUDE_DIR gpiod.h)
find_library(GPIOD_LIBRARY gpiod)
mark_as_advanced(GPIOD_INCLUDE_DIR GPIOD_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Gpiod REQUIRED_VARS GPIOD_LIBRARY GPIOD_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "Debian: apt-get install libgpiod-dev")

if(Gpiod_FOUND AND NOT TARGET Gpiod::gpiod)
  # The header says no version. This function came with 2.
  file(STRINGS "${GPIOD_INCLUDE_DIR}/gpiod.h" gpiod_line_config_new REGEX "gpiod_line_config_new" LIMIT_COUNT 1)
  set(gpiod_major 1)
  if(gpiod_line_config_new)
    set(gpiod_major 2)
  endif()
  add_library(Gpiod::gpiod UNKNOWN IMPORTED)
  set_target_properties(Gpiod::gpiod PROPERTIES
    IMPORTED_LOCATION "${GPIOD_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${GPIOD_INCLUDE_DIR}"
    INTERFACE_COMPILE_DEFINITIONS TRUSTX_GPIOD_MAJOR=${gpiod_major})
endif()
