#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A server of files over HTTPS with the habits of bad ones: https_server.py CERTIFICATE KEY DIRECTORY

Prints `port N`, then a line for each request: its path, and the range that it asks for or `-`. The first part of the path
is the habit: file serves as it should; redirect sends to /file; cut ends each transfer of more than a byte in the middle
once; norange knows no ranges; endless never ends and does not say how much there is; mute hangs up; drip gives each file
once at some ten bytes a second.
"""
import http.server
import pathlib
import select
import ssl
import sys

CERTIFICATE, KEY, DIRECTORY = sys.argv[1:]
met = set()  # habits and names of what is served otherwise the next time


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        habit, _, name = self.path.lstrip("/").partition("/")
        wanted = self.headers.get("Range")
        print(self.path, wanted or "-", flush=True)
        if habit == "redirect":
            return self.begin(302, [("Location", f"/file/{name}"), ("Content-Length", "0")])
        if habit == "endless":
            return self.endless()
        if habit == "mute":
            self.close_connection = True
            return None
        name = name.partition("?")[0]
        first_time = (habit, name) not in met
        met.add((habit, name))
        file = pathlib.Path(DIRECTORY) / pathlib.Path(name).name
        if not file.is_file():
            return self.begin(404, [("Content-Length", "0")])
        content = file.read_bytes()
        first = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and habit != "norange" else 0
        headers = [("Content-Length", str(len(content) - first))]
        if first:
            headers.append(("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}"))
        self.begin(206 if first else 200, headers)
        if habit == "drip" and first_time:
            return self.drip(content[first:])
        end = len(content)
        if habit == "cut" and first_time:
            end = (first + end) // 2
            self.close_connection = True
        return self.wfile.write(content[first:end])

    def endless(self):
        self.close_connection = True
        self.begin(200, [("Connection", "close")])
        try:
            while True:
                self.wfile.write(bytes(65536))
        except OSError:
            pass

    def drip(self, content):
        self.close_connection = True
        for byte in content:
            self.wfile.write(bytes([byte]))
            # The client says nothing any more; that it has gone can be read.
            if select.select([self.connection], [], [], 0.1)[0]:
                return

    def begin(self, status, headers):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERTIFICATE, KEY)
server.socket = context.wrap_socket(server.socket, server_side=True)
print("port", server.server_address[1], flush=True)
server.serve_forever()
