#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Debian's awscli for tests with many commands: it is loaded once, and each command runs in a fork of that process.

Only calls of AWS IoT are sent. What others are asked is checked against AWS's model, and nothing is the answer.

usage: awscli_server.py --serve SOCKET      says `ready` when it listens
       awscli_server.py SOCKET ARGUMENT...  what `aws ARGUMENT...` does, with this process's files and directory
"""
import os
import socket
import sys

LONGEST_REQUEST = 1 << 16


class Success:
    """All of an HTTP answer that is looked at."""
    status_code = 200


def answer_unless_iot(model, **_):
    return None if model.service_model.service_name == "iot" else (Success(), {})


def run(driver, connection, request, files):
    """In the fork: the command, and its exit code to who asked."""
    for number, file in enumerate(files):
        os.dup2(file, number)
    directory, *arguments = request.decode().split("\0")
    os.chdir(directory)
    try:
        status = driver.main(arguments)
    except SystemExit as ended:  # what its parser of arguments does
        status = ended.code if isinstance(ended.code, int) else 2
    sys.stdout.flush()
    sys.stderr.flush()
    connection.send(bytes([status or 0]))
    os._exit(0)


def serve(path):
    import signal

    import awscli.clidriver
    driver = awscli.clidriver.create_clidriver()
    driver.session.get_service_model("iot")
    driver.session.register("before-call", answer_unless_iot)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        request, files, _, _ = socket.recv_fds(connection, LONGEST_REQUEST, 3)
        if os.fork() == 0:
            run(driver, connection, request, files)
        for file in files:
            os.close(file)
        connection.close()


def ask(path, arguments):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    socket.send_fds(connection, ["\0".join([os.getcwd(), *arguments]).encode()], [0, 1, 2])
    answer = connection.recv(1)
    return answer[0] if answer else 255


if sys.argv[1] == "--serve":
    serve(sys.argv[2])
sys.exit(ask(sys.argv[1], sys.argv[2:]))
