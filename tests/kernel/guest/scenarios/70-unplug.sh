# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# scenario: unplugged in the middle of a command and plugged in again: a clear error at once, then all is well

run trustx keygen E0F1 --force --out key.pem

# waits_in REQUEST: the program is inside this ioctl (system call 16) at this moment.
waits_in() {
  local call request
  read -r call _ request _ <"/proc/$program/syscall" && [ "$call" = 16 ] && [ "$request" = "$1" ]
} 2>/dev/null

# blocked_in REQUEST: it is inside and has not run for a moment.
blocked_in() {
  local switches
  kill -0 $program || fail "the program ended too early"
  switches=$(grep ctxt_switches "/proc/$program/status")
  sleep 0.2
  waits_in "$1" && [ "$switches" = "$(grep ctxt_switches "/proc/$program/status")" ]
}

functions=0x705 # I2C_FUNCS, the first question to an adapter
transfer=0x707  # I2C_RDWR

# unplugged_in REQUEST: unplugs the adapter while a program waits for the answer to such a request, which is certain
# only while the simulator does not answer.
unplugged_in() {
  [ "$1" = $transfer ] || kill -STOP "$(cat /run/simulator.pid)"
  trustx info >answer 2>&1 &
  program=$!
  if [ "$1" = $transfer ]; then
    until waits_in $transfer; do kill -0 $program || fail "the program ended too early"; done
    kill -STOP "$(cat /run/simulator.pid)"
  fi
  # What is under way may still be answered, the next request is not.
  eventually 60 blocked_in "$1"
  local started status=0 took
  started=$(milliseconds)
  run "${detach[@]}"
  wait $program || status=$?
  took=$(($(milliseconds) - started))
  kill -CONT "$(cat /run/simulator.pid)"
  said=$(cat answer)
  echo "$said"
  echo "the command ended $took ms after the adapter was unplugged, with exit code $status"
  [ $status -eq 3 ]
  # A good answer can be there when only its acknowledgement is under way; then it is the next command that fails.
  between=no
  if [[ $said == *"No such file or directory"* ]]; then
    between=yes
    says "$adapter"
    return
  fi
  # The kernel fails what is under way a moment before it removes the adapter: a program that looks in between is told
  # of a failed transfer, not of an adapter that is gone.
  if [ "$1" = $transfer ] && [[ $said == *"Input/output error"* ]]; then
    says "i2c:$adapter"
  else
    says "i2c:$adapter" "No such device" "plug the bus adapter in again"
  fi
  # Far below the deadlines of all commands together, far above what a slow emulation takes.
  [ $took -lt 20000 ]
}

plugged_in_again() {
  # Until then the next program says that there is nothing.
  [ ! -e $adapter ]
  refused trustx info
  says "$adapter" "No such file or directory"

  [ "$(run "${attach[@]}")" = "$adapter" ]
  udevadm settle
  [ "$(stat -c %G:%a $adapter)" = trustx:660 ]
  run signature key.pem
}

unplugged_in $transfer
plugged_in_again
for _ in 1 2 3 4; do
  [ $between = yes ] || break
  unplugged_in $transfer
  plugged_in_again
done
[ $between = no ] || fail "never met a command that was waiting"
unplugged_in $functions
plugged_in_again
