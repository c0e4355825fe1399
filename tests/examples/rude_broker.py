#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An MQTT broker that sends messages when they are not expected: rude_broker.py CERTIFICATE KEY WHEN COUNT SIZE

Prints `port N`. COUNT messages to dt/a of SIZE bytes, the second of which is 0, with QoS 1, are sent after CONNECT (WHEN is
`unasked`), or after SUBSCRIBE and before its answer (`early`). Prints `message` for each that it gets, `acknowledged ID`
for what is acknowledged, and `disconnected`, or why a connection ended otherwise.
"""
import socket
import ssl
import sys

CERTIFICATE, KEY, WHEN = sys.argv[1:4]
COUNT, SIZE = map(int, sys.argv[4:])
CONNECT, PUBLISH, PUBACK, SUBSCRIBE, PINGREQ, DISCONNECT = 1, 3, 4, 8, 12, 14


def packet(first, content):
    size, length = len(content), b""
    while True:
        size, digit = divmod(size, 128)
        length += bytes([digit | (0x80 if size else 0)])
        if not size:
            return bytes([first]) + length + content


def receive(stream):
    first = stream.read(1)
    if not first:
        raise EOFError("closed")
    size = shift = 0
    while True:
        digit = stream.read(1)[0]
        size |= (digit & 0x7F) << shift
        shift += 7
        if not digit & 0x80:
            return first[0] >> 4, stream.read(size)


def send_messages(connection):
    payload = b"a\0b".ljust(SIZE, b"x")
    for number in range(1, COUNT + 1):
        connection.sendall(packet(0x32, b"\0\4dt/a" + number.to_bytes(2, "big") + payload))


def serve(connection):
    stream = connection.makefile("rb")
    while True:
        kind, content = receive(stream)
        if kind == CONNECT:
            connection.sendall(packet(0x20, b"\0\0"))
            if WHEN == "unasked":
                send_messages(connection)
        elif kind == SUBSCRIBE:
            if WHEN == "early":
                send_messages(connection)
            connection.sendall(packet(0x90, content[:2] + b"\1"))
        elif kind == PUBLISH:
            print("message", flush=True)
            topic = int.from_bytes(content[:2], "big")
            connection.sendall(packet(0x40, content[2 + topic : 4 + topic]))
        elif kind == PUBACK:
            print("acknowledged", int.from_bytes(content, "big"), flush=True)
        elif kind == PINGREQ:
            connection.sendall(packet(0xD0, b""))
        elif kind == DISCONNECT:
            print("disconnected", flush=True)
            return


server = socket.create_server(("127.0.0.1", 0))
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERTIFICATE, KEY)
print("port", server.getsockname()[1], flush=True)
while True:
    plain = server.accept()[0]
    try:
        with context.wrap_socket(plain, server_side=True) as connection:
            serve(connection)
    except (OSError, EOFError, IndexError) as error:
        print("ended:", error, flush=True)
