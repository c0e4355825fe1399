# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# scenario: four processes share the chip, one is killed again and again, and every signature verifies

run trustx keygen E0F1 --force --out key.pem
worker() {
  for _ in 1 2 3; do
    signature key.pem || fail "a signature of worker $1 is wrong"
  done
  echo "worker $1 is done"
}
workers=()
for name in a b c; do
  worker $name &
  workers+=($!)
done
# The victim dies at whatever it is doing: waiting, holding the lock, or in the middle of a transfer.
for delay in 0.3 0.5 0.7 0.9 1.1; do
  trustx object read E0E0 --raw >/dev/null &
  victim=$!
  sleep $delay
  kill -KILL $victim 2>/dev/null || true
  wait "$victim" || true
done
for pid in "${workers[@]}"; do
  wait "$pid"
done
run signature key.pem
