# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# scenario: the device suite over /dev/i2c-1: every command of libtrustx, checked by OpenSSL

# The suite's own checks use OpenSSL without the provider.
run env -u OPENSSL_CONF TRUSTX_TEST_DEVICE="i2c:$adapter" "$BUILD/bin/trustx_device_tests" --durations yes
