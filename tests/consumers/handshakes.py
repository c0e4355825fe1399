# SPDX-License-Identifier: Apache-2.0
"""TLS between a client and a server in one process, through memory, as any Python program uses the ssl module.

usage: handshakes.py CA CLIENT-CERTIFICATE CLIENT-KEY SERVER-CERTIFICATE SERVER-KEY 1.2|1.3 load|full|resumed
Prints a line for each handshake. It knows of no provider.
"""

import ssl
import sys


class End:
    """One end of a connection, and what it has to send."""

    def __init__(self, context, **arguments):
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, **arguments)

    def attempt(self, action):
        """Returns what the action gives, or None while it waits for the other end."""
        try:
            return action(self.tls)
        except ssl.SSLWantReadError:
            return None


def context(protocol, ca, certificate, key, version):
    made = ssl.SSLContext(protocol)
    made.load_verify_locations(ca)
    made.verify_mode = ssl.CERT_REQUIRED
    made.load_cert_chain(certificate, key)
    made.minimum_version = made.maximum_version = version
    return made


def handshake(client_context, server_context, session=None):
    client = End(client_context, server_hostname="localhost", session=session)
    server = End(server_context, server_side=True)

    def exchange():
        server.incoming.write(client.outgoing.read())
        client.incoming.write(server.outgoing.read())

    for _ in range(10):
        client.attempt(lambda tls: tls.do_handshake())
        exchange()
        server.attempt(lambda tls: tls.do_handshake())
        exchange()
    # A byte each way, which also delivers TLS 1.3's session tickets.
    client.tls.write(b"x")
    exchange()
    assert server.tls.read(1) == b"x"
    server.tls.write(b"y")
    exchange()
    assert client.tls.read(1) == b"y"
    print(client.tls.version(), "resumed" if client.tls.session_reused else "full")
    return client.tls.session


def main(ca, client_certificate, client_key, server_certificate, server_key, version, mode):
    version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[version]
    client = context(ssl.PROTOCOL_TLS_CLIENT, ca, client_certificate, client_key, version)
    server = context(ssl.PROTOCOL_TLS_SERVER, ca, server_certificate, server_key, version)
    if mode == "load":
        print("loaded")
        return
    session = handshake(client, server)
    if mode == "resumed":
        handshake(client, server, session)


main(*sys.argv[1:])
