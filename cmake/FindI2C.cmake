# SPDX-License-Identifier: Apache-2.0
# libi2c of i2c-tools, which ships neither a pkg-config file nor a CMake package. Gives I2C::i2c.
find_path(I2C_INCLUDE_DIR i2c/smbus.h)
find_library(I2C_LIBRARY i2c)
mark_as_advanced(I2C_INCLUDE_DIR I2C_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(I2C REQUIRED_VARS I2C_LIBRARY I2C_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "Debian: apt-get install libi2c-dev")

if(I2C_FOUND AND NOT TARGET I2C::i2c)
  add_library(I2C::i2c UNKNOWN IMPORTED)
  set_target_properties(I2C::i2c PROPERTIES
    IMPORTED_LOCATION "${I2C_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${I2C_INCLUDE_DIR}")
endif()
