# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# A simulated chip for the tests of the installed packages. Sourced; sets TRUSTX_DEVICE and changes to an empty directory.
# shellcheck source=debian/tests/waiting.sh
. "$(dirname "$0")/waiting.sh"
work=$(mktemp -d)
# Other users may pass, as those of services do.
chmod 755 "$work"
cd "$work" || exit
processes=
clean_up() {
  # shellcheck disable=SC2086  # a list
  [ -z "$processes" ] || kill $processes 2>/dev/null || true
  wait
  cd /
  rm -rf "$work"
}
trap clean_up EXIT

: >simulator.log
trustx-sim --listen "unix:$work/chip" --nvm "$work/chip.nvm" >simulator.log 2>&1 &
processes="$processes $!"
wait_for_line $! simulator.log '^listening on '
export TRUSTX_DEVICE="unix:$work/chip"
# Systems without systemd-tmpfiles at boot, such as a container, may have lost it with /run.
[ -d /run/lock/trustx ] || systemd-tmpfiles --create trustx.conf

key_uses() {
  trustx-sim ctl "unix:$work/chip" stats | tr -d ' \n' | sed -n 's/.*"private_key_uses":\([0-9]*\).*/\1/p'
}
