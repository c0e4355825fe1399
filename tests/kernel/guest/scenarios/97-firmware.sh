# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# scenario: RAUC installs a verity bundle into a slot where the chip vouches for its signer, and nothing else

for module in loop squashfs dm-verity; do
  run modprobe "$module"
done
[ -e /dev/mapper/control ] || fail "there is no device mapper"
# The test's chip is one of its own, on a socket.
run env -u OPENSSL_CONF TMPDIR="$PWD" "$BUILD/bin/firmware_install_test" --durations yes '[guest]'
