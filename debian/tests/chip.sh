# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# A simulated chip for the tests of the installed packages. Sourced; sets TRUSTX_DEVICE and changes to an empty directory.
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

# wait_until COMMAND...: asks again until the answer is yes, for at most 20 seconds.
wait_until() {
  tries=0
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || {
      echo "waited 20 s in vain for: $*" >&2
      exit 1
    }
    sleep 0.1
  done
}

trustx-sim --listen "unix:$work/chip" --nvm "$work/chip.nvm" &
processes="$processes $!"
export TRUSTX_DEVICE="unix:$work/chip"
# Systems without systemd-tmpfiles at boot, such as a container, may have lost it with /run.
[ -d /run/lock/trustx ] || systemd-tmpfiles --create trustx.conf
wait_until trustx-sim ctl "unix:$work/chip" stats

key_uses() {
  trustx-sim ctl "unix:$work/chip" stats | tr -d ' \n' | sed -n 's/.*"private_key_uses":\([0-9]*\).*/\1/p'
}
