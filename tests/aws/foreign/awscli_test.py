#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Debian's awscli against the double, with a credential_process, as an operator uses it.

usage: awscli_test.py [--all]     without --all only some calls, because each takes seconds to start
"""
import json
import os
import shutil
import subprocess
import sys

from double import SKIPPED, Double

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]})
AWS = "/usr/bin/aws"


class Operator:
    """A shell of an operator: a configuration directory, and the program."""

    def __init__(self, double):
        self.double = double
        facts = double.facts
        credentials = {"Version": 1, "AccessKeyId": facts["accessKeyId"], "SecretAccessKey": facts["secretAccessKey"]}
        answer = double.write("credentials.json", json.dumps(credentials))
        config = double.write("config", f"[default]\nregion = {facts['region']}\ncredential_process = cat {answer}\n")
        self.environment = {"PATH": os.environ["PATH"], "HOME": double.directory, "AWS_CONFIG_FILE": config,
                            "AWS_CA_BUNDLE": facts["ca"], "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true"}

    def run(self, *arguments, service="iot", url="control"):
        command = [AWS, "--endpoint-url", self.double.facts[url]["url"], "--output", "json", service, *arguments]
        return subprocess.run(command, env=self.environment, check=False, capture_output=True, text=True)

    def aws(self, *arguments, **more):
        done = self.run(*arguments, **more)
        if done.returncode != 0:
            raise AssertionError(f"aws {' '.join(arguments)}: {done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else {}


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def enrol(operator, double, name):
    """A device by certificate request, up to its activation; the ARN and the id of its certificate."""
    key, csr = double.path(name + ".key"), double.path(name + ".csr")
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
            "-keyout", key, "-out", csr)
    issued = operator.aws("create-certificate-from-csr", "--certificate-signing-request", f"file://{csr}")
    operator.aws("create-thing", "--thing-name", name)
    operator.aws("attach-thing-principal", "--thing-name", name, "--principal", issued["certificateArn"])
    operator.aws("update-certificate", "--certificate-id", issued["certificateId"], "--new-status", "ACTIVE")
    return issued


def quick(double, operator):
    issued = enrol(operator, double, "gw-1")
    refused = operator.run("delete-certificate", "--certificate-id", issued["certificateId"])
    assert "CertificateStateException" in refused.stderr, refused.stderr
    return issued


def whole(double, operator):
    """What aws-iot.md sections 7.1 to 7.7 name, by hand."""
    issued = quick(double, operator)
    arn = issued["certificateArn"]
    endpoint = operator.aws("describe-endpoint", "--endpoint-type", "iot:Data-ATS")["endpointAddress"]
    assert endpoint == f"localhost:{double.facts['mqtt']['port']}", endpoint
    operator.aws("create-policy", "--policy-name", "gateway", "--policy-document", POLICY)
    operator.aws("attach-policy", "--policy-name", "gateway", "--target", arn)
    operator.aws("list-attached-policies", "--target", arn)
    decision = operator.aws("test-authorization", "--principal", arn, "--client-id", "gw-1", "--auth-infos", json.dumps(
        [{"actionType": "CONNECT", "resources": ["arn:aws:iot:eu-central-1:123456789012:client/gw-1"]}]))
    assert decision["authResults"][0]["authDecision"] == "ALLOWED", decision
    operator.aws("get-effective-policies", "--principal", arn)
    operator.aws("publish", "--topic", "cmd/gw-1/x", "--cli-binary-format", "raw-in-base64-out", "--payload", "hello",
                 service="iot-data", url="data")
    operator.aws("create-provisioning-template", "--template-name", "fleet", "--enabled", "--provisioning-role-arn",
                 "arn:aws:iam::123456789012:role/r", "--template-body", json.dumps({
                     "Parameters": {"AWS::IoT::Certificate::Id": {"Type": "String"}}, "Resources": {"certificate": {
                         "Type": "AWS::IoT::Certificate", "Properties": {
                             "CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "ACTIVE"}}}}))
    operator.aws("create-provisioning-claim", "--template-name", "fleet")
    operator.aws("update-certificate", "--certificate-id", issued["certificateId"], "--new-status", "INACTIVE")
    operator.aws("detach-policy", "--policy-name", "gateway", "--target", arn)
    operator.aws("detach-thing-principal", "--thing-name", "gw-1", "--principal", arn)
    operator.aws("delete-certificate", "--certificate-id", issued["certificateId"])
    operator.aws("delete-thing", "--thing-name", "gw-1")
    assert operator.aws("list-things")["things"] == []


def main():
    if not os.path.exists(AWS) or shutil.which("openssl") is None:
        print("awscli_test: Debian's awscli and openssl are needed", file=sys.stderr)
        return SKIPPED
    everything = sys.argv[1:] == ["--all"]
    with Double() as double:
        (whole if everything else quick)(double, Operator(double))
        return double.judge(least=18 if everything else 5)


sys.exit(main())
