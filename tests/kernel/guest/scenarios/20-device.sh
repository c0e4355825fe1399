# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# scenario: trustx and the OpenSSL provider use the chip behind /dev/i2c-1 without being told where it is

run trustx info | tee info
grep -q "$adapter" info

run trustx keygen E0F1 --out key.pem
run openssl req -new -key key.pem -subj /CN=gateway -out request.pem
run openssl req -in request.pem -verify -noout
run signature key.pem

echo 'basicConstraints = critical,CA:FALSE' >extensions
run openssl x509 -req -in request.pem -signkey key.pem -days 2 -extfile extensions -out certificate.pem
run trustx cert write E0E1 certificate.pem --key key.pem --prove-key
run trustx cert read E0E1 | openssl x509 -noout -fingerprint -sha256 >from-chip
openssl x509 -in certificate.pem -noout -fingerprint -sha256 | cmp - from-chip

# More than one frame, and more than one command, each way.
head -c 1500 /dev/urandom >written
run trustx object write F1E0 written
run trustx object read F1E0 --raw >read
cmp written read

[ "$(run trustx random 32 --raw | wc -c)" -eq 32 ]
[ "$(trustx random 32 --hex)" != "$(trustx random 32 --hex)" ]

# Another path of the same adapter, as a container may have it, leads to the same lock file.
ls /run/lock/trustx >locks
run mknod /dev/i2c-chip c 89 "${adapter##*-}"
run trustx --device /dev/i2c-chip info
rm /dev/i2c-chip
ls /run/lock/trustx | cmp - locks
