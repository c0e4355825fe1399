# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# scenario: GPIO lines of the kernel reset the chip, when somebody asks for it and when the chip hangs

resets=$(counted pin_resets)
# reset_by NUMBER: so many resets there were since.
reset_by() {
  resets=$((resets + $1))
  [ "$(counted pin_resets)" -eq "$resets" ] || fail "the chip counts $(counted pin_resets) resets, not $resets"
}
hang() { trustx-sim ctl "$SIMULATOR" fault hang,before=write >/dev/null; }

# Without a line a chip can be told to reset itself, if it listens.
soft=$(counted soft_resets)
run trustx reset
[ "$(counted soft_resets)" -eq $((soft + 1)) ]
hang
refused trustx reset
says "reset-line"
run trustx-sim ctl "$SIMULATOR" reset
reset_by 1

controller=$("${lines[@]}")
[ "$controller" = /dev/gpiochip0 ]
# The rule that gives the group the controller is there for those who want it.
sed -n 's/^#\(SUBSYSTEM=="gpio".*\)/\1/p' /run/rules/70-trustx.rules | tee /run/rules/71-trustx-lines.rules
udevadm control --reload
udevadm trigger --settle "$controller"
[ "$(stat -c %G:%a "$controller")" = trustx:660 ]

mkdir -p /etc/trustx
echo "reset-line = gpiochip0:0" >/etc/trustx/trustx.conf
run trustx reset
reset_by 1
run as member trustx reset
reset_by 1
run as member trustx --device "$adapter,reset=/dev/gpiochip0:0" reset
reset_by 1

# A chip that answers nothing any more is reset by the first who finds it so, if the line was set up.
hang
refused env TRUSTX_CONF=/dev/null trustx random 8 --hex
reset_by 0
run as member trustx random 8 --hex
reset_by 1
# A reset that is asked for needs no chip that answers.
hang
refused env TRUSTX_CONF=/dev/null trustx random 8 --hex
run trustx reset
reset_by 1

# A session that was lost this way is told to its owner by the library: tests/process.

cycles=$(counted power_cycles)
echo "supply-line = gpiochip0:1" >>/etc/trustx/trustx.conf
run trustx reset
reset_by 1
[ "$(counted power_cycles)" -eq $((cycles + 1)) ]
hang
run trustx random 8 --hex

refused trustx --device "$adapter,reset=NO_SUCH_LINE" reset
says "NO_SUCH_LINE" "No such file or directory"
refused trustx --device "$adapter,reset=gpiochip0:77" reset
says "gpiochip0:77"
chmod 0600 "$controller"
refused as member trustx reset
says "$controller" "Permission denied" "group"
rm /etc/trustx/trustx.conf /run/rules/71-trustx-lines.rules
