# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# scenario: a simulator that is killed removes its adapter and, started again, has the same keys

run trustx keygen E0F1 --force --out key.pem
kill -KILL "$(cat /run/simulator.pid)"
gone() { [ ! -e $adapter ]; }
eventually 20 gone
refused trustx info
says "$adapter"
refused "${attach[@]}"
says "tcp connect"

start_simulator
run signature key.pem
