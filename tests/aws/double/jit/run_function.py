# SPDX-License-Identifier: Apache-2.0
"""Runs a Lambda function: run_function.py FILE HANDLER, the event on standard input, the answer to descriptor 3."""
import importlib.util
import json
import os
import sys

try:
    import boto3.session
except ImportError:
    boto3 = None


def use_endpoint():
    """Debian's boto3 does not know AWS_ENDPOINT_URL_IOT; the newer one of Lambda does."""
    original = boto3.session.Session.client

    def client(self, service_name, *args, **kwargs):
        if service_name == "iot":
            kwargs.setdefault("endpoint_url", os.environ["AWS_ENDPOINT_URL_IOT"])
        return original(self, service_name, *args, **kwargs)

    boto3.session.Session.client = client


def main():
    path, handler = sys.argv[1:]
    if boto3 is not None:
        use_endpoint()
    spec = importlib.util.spec_from_file_location("function", path)
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    spec.loader.exec_module(module)
    answer = getattr(module, handler.split(".")[-1])(json.load(sys.stdin), None)
    with os.fdopen(3, "w", encoding="utf-8") as out:
        json.dump(answer, out)


main()
