# SPDX-License-Identifier: Apache-2.0
"""A running double for tests in Python: started with the sources beside this file, ended with the test."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
MAIN = os.path.join(HERE, "..", "double", "main.mjs")
JUDGE = os.path.join(HERE, "..", "oracle", "judge.py")
SKIPPED = 77


class Double:
    def __init__(self):
        if shutil.which("node") is None:
            print("skipped: no Node.js", file=sys.stderr)
            sys.exit(SKIPPED)
        self.directory = tempfile.mkdtemp(prefix="trustx-double-")
        # It says by this pipe that it is ready, so that nothing has to be polled.
        read, write = os.pipe()
        self.process = subprocess.Popen(["node", MAIN, "--state", self.directory, "--ready-fd", str(write)],
                                        stdin=subprocess.PIPE, pass_fds=[write])
        os.close(write)
        with os.fdopen(read) as ready:
            if ready.read() == "":
                code = self.process.wait()
                shutil.rmtree(self.directory)
                sys.exit(SKIPPED if code == SKIPPED else f"the double ended with {code}")
        with open(os.path.join(self.directory, "facts.json"), encoding="utf-8") as file:
            self.facts = json.load(file)

    def control(self, method, where, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.facts["faults"]["url"] + where, data=data, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def judge(self, least):
        """The oracle over everything that was sent; its exit code."""
        packages = os.environ.get("TRUSTX_AWS_PACKAGES", os.path.join(HERE, "..", "..", "..", "build", "aws"))
        command = [sys.executable, "-B", JUDGE, "--packages", packages, "--least", str(least), self.directory]
        return subprocess.run(command, check=False).returncode

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
        shutil.rmtree(self.directory)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
