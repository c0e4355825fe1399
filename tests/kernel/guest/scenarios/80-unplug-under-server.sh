# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# scenario: a TLS server that keeps running while the chip is unplugged does not hold up the kernel and recovers

run trustx keygen E0F1 --force --out key.pem
run openssl req -x509 -new -key key.pem -subj /CN=localhost -days 2 -out certificate.pem

openssl s_server -accept 127.0.0.1:8443 -key key.pem -cert certificate.pem -quiet >server.log 2>&1 </dev/null &
server=$!
connect() {
  openssl s_client -connect 127.0.0.1:8443 -CAfile certificate.pem -verify_return_error -brief </dev/null >client.log 2>&1
}
listening() { [ -n "$(ss -Hltn sport = :8443 2>/dev/null)" ] || grep -q ':20FB ' /proc/net/tcp; }
eventually 20 listening
run connect

# The server has used the chip and will again, but it does not have the adapter open now: detach returns, which it
# does only when the kernel has taken the adapter away.
run "${detach[@]}"
refused connect
cat server.log
said=$(cat server.log)
says "$adapter"
[ "$(run "${attach[@]}")" = "$adapter" ]
udevadm settle
run connect
kill -0 $server
kill $server
wait $server || true
