# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# scenario: an adapter without plain I2C, an address without a chip and a path without an adapter are told apart

refused trustx --device /dev/i2c-0 info
says /dev/i2c-0 "SMBus only"

refused trustx --device /dev/i2c-1@0x31 info
says "i2c:/dev/i2c-1@0x31" "no chip answers at this address"

refused trustx --device /dev/i2c-7 info
says /dev/i2c-7 "No such file or directory"

refused trustx --device /dev/null info
says /dev/null "as an I2C adapter"

run trustx info >/dev/null
