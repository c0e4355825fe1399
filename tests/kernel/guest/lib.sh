# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the scenarios share. A scenario is a bash script under `set -euo pipefail` in an empty directory; it
# fails by failing. Before each one the simulated chip runs and is attached as /dev/i2c-1, and so it must leave it.

adapter=/dev/i2c-1
attach=("$SOURCE/tests/kernel/adapter" attach "$USBIP")
lines=("$SOURCE/tests/kernel/adapter" lines "$USBIP")
detach=("$SOURCE/tests/kernel/adapter" detach)

# fail says what is wrong and ends the scenario.
fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# run shows a command and runs it. What is shown goes to standard error, as the output may be for a pipe.
run() {
  echo "\$ $*" >&2
  "$@"
}

# refused COMMAND... succeeds when the command fails; what it said is in `said`.
refused() {
  echo "\$ $*   (must fail)"
  if said=$("$@" 2>&1); then
    echo "$said"
    fail "this went well: $*"
  fi
  echo "$said"
}

# says TEXT... succeeds when every TEXT is in `said`.
says() {
  local text
  for text in "$@"; do
    [[ $said == *"$text"* ]] || fail "the message does not say \"$text\""
  done
}

# as USER COMMAND... runs a command as a plain user.
as() {
  local user=$1
  shift
  setpriv --reuid="$user" --regid="$user" --init-groups env HOME="/home/$user" "$@"
}

# counted NAME prints a counter of the simulated chip.
counted() {
  trustx-sim ctl "$SIMULATOR" stats | grep -o "\"$1\": *[0-9]*" | grep -o '[0-9]*$'
}

# eventually SECONDS COMMAND... asks again and again until the answer is yes.
eventually() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || fail "this did not happen in time: $*"
    sleep 0.1
  done
}

# milliseconds since the guest was booted.
milliseconds() {
  local now
  read -r now _ </proc/uptime
  echo "${now/./}0"
}

start_simulator() {
  trustx-sim --listen "$SIMULATOR" --usbip "$USBIP" --nvm /run/chip.nvm --timing none -v \
    >/run/simulator.log 2>&1 </dev/null &
  echo $! >/run/simulator.pid
  eventually 20 grep -q 'exporting over USB/IP' /run/simulator.log
  local path
  path=$("${attach[@]}") || fail "attach failed"
  [ "$path" = "$adapter" ] || fail "the chip appeared as $path, not as $adapter"
  # The kernel shows the node first, and udev sets its permissions a moment later.
  udevadm settle --timeout=20
}

# signature makes a signature with a key file and checks it, in software: one use of the private key.
signature() {
  local key=$1 base
  base=$(mktemp)
  echo "$base" >"$base"
  openssl dgst -sha256 -sign "$key" -out "$base.signature" "$base" &&
    openssl dgst -sha256 -prverify "$key" -signature "$base.signature" "$base" >/dev/null
}
