# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# scenario: the simulated chip is a device on an I2C adapter of the kernel

run i2cdetect -l | tee adapters
grep -q $'^i2c-1\t.*i2c-tiny-usb' adapters

# The map of addresses has 30 at its place and nothing else.
run i2cdetect -y 1 | tee map
[ "$(tail -n +2 map | cut -d: -f2 | tr -s ' -' '\n' | grep -v '^$')" = 30 ]

# Register I2C_STATE of an idle chip (chip-i2c.md section 3).
run i2ctransfer -y 1 w1@0x30 0x82
[ "$(run i2ctransfer -y 1 r4@0x30)" = "0x08 0x00 0x00 0x00" ]

# Nobody acknowledges another address, which is ENXIO.
refused i2ctransfer -y 1 w1@0x31 0x82
says "No such device or address"

# One chip cannot be plugged in twice.
refused "${attach[@]}"
says "Device busy"
