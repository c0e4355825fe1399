# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# scenario: udev gives the adapter to group trustx: its members may use it, others are told what to do

run ls -l "$adapter" /dev/i2c-0
[ "$(stat -c %G:%a "$adapter")" = trustx:660 ]
[ "$(stat -c %G "/dev/i2c-0")" != trustx ]

refused as stranger trustx info
says "Permission denied" trustx "join the group"

# The bus alone, where the lock directory lets this user pass.
mkdir -m 0777 own-lock
chmod 0755 .
refused as stranger env TRUSTX_LOCK_DIRECTORY="$PWD/own-lock" trustx info
says "$adapter" "group trustx" "join the group"

run as member trustx info >/dev/null
run trustx keygen E0F2 --force --out /home/member/key.pem
cd /home/member
run as member bash -c "$(declare -f signature); signature key.pem"
# What root used last, a member can use next, and the other way round.
run trustx random 8 --hex
run as member trustx random 8 --hex
