# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# scenario: trustx dtls connect talks to openssl s_server, with all cryptography in the chip behind /dev/i2c-1

run trustx keygen E0F2 --usage sign,auth --out sensor-key.pem
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj /CN=root -days 2 -keyout root.key -out root.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj /CN=localhost -keyout server.key -out server.csr
openssl x509 -req -in server.csr -CA root.pem -CAkey root.key -days 2 -out server.pem \
  -extfile <(echo 'subjectAltName = DNS:localhost')
openssl req -new -key sensor-key.pem -subj /CN=sensor -out sensor.csr
openssl x509 -req -in sensor.csr -CA root.pem -CAkey root.key -days 2 -out sensor.pem \
  -extfile <(echo 'extendedKeyUsage = clientAuth')
run trustx cert write E0E2 sensor.pem --key sensor-key.pem
run trustx anchor write E0E8 root.pem --force

# The server's input stays open until it is told something.
mkfifo keyboard
exec 5<>keyboard
env -u OPENSSL_CONF openssl s_server -dtls1_2 -accept 127.0.0.1:5684 -cert server.pem -key server.key -CAfile root.pem -Verify 1 \
  -verify_return_error -cipher ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0 <&5 >server.log 2>&1 &
server=$!
eventually 20 grep -q ACCEPT server.log

trustx-sim ctl "$SIMULATOR" reset-stats
mkfifo words
exec 6<>words
trustx dtls connect 127.0.0.1:5684 --key E0F2 --expect-anchor root.pem --expect-name localhost <&6 >heard 2>said &
client=$!
echo 'from the chip' >&6
eventually 60 grep -q 'from the chip' server.log
echo 'from the server' >&5
eventually 60 grep -q 'from the server' heard
kill "$client"
wait "$client" || fail "trustx ended with $?"
cat said
grep -q 'as CN=sensor' said
[ "$(counted private_key_uses)" -eq 1 ]
eventually 20 grep -q '^DONE' server.log
kill "$server"
wait "$server" || true
