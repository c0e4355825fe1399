#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""AWS's Python client against the double: every path of the control plane that enrolment uses. boto3 refuses to send
what its model does not allow, and the oracle judges what was sent and answered."""
import json
import os
import subprocess
import sys
import unittest

try:
    import boto3
    import botocore.exceptions
except ImportError:
    print("boto3_test: python3-boto3 is not installed", file=sys.stderr)
    sys.exit(77)

from double import Double

ROLE = "arn:aws:iam::123456789012:role/provisioning"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]})
DOUBLE = Double()


def client(service, url):
    facts = DOUBLE.facts
    return boto3.client(service, endpoint_url=url, region_name=facts["region"], verify=facts["ca"],
                        aws_access_key_id=facts["accessKeyId"], aws_secret_access_key=facts["secretAccessKey"])


IOT = client("iot", DOUBLE.facts["control"]["url"])


def openssl(*arguments, text=""):
    return subprocess.run(["openssl", *arguments], input=text, check=True, capture_output=True, text=True).stdout


def new_key(name):
    path = DOUBLE.path(name + ".key")
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)
    return path


def request_of(key, subject):
    return openssl("req", "-new", "-key", key, "-subj", subject)


def make_ca(name):
    key = new_key(name)
    return key, openssl("req", "-x509", "-new", "-key", key, "-subj", f"/CN={name}", "-days", "30")


def signed(request, ca):
    certificate = DOUBLE.write("ca.pem.tmp", ca[1])
    return openssl("x509", "-req", "-CA", certificate, "-CAkey", ca[0], "-CAcreateserial", "-days", "10", text=request)


def error_of(call, **arguments):
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return None


class Enrolment(unittest.TestCase):
    def test_csr(self):
        issued = IOT.create_certificate_from_csr(certificateSigningRequest=request_of(new_key("csr"), "/CN=csr"))
        IOT.create_thing(thingName="csr", attributePayload={"attributes": {"serialNumber": "1"}})
        IOT.create_policy(policyName="csr", policyDocument=POLICY)
        IOT.attach_policy(policyName="csr", target=issued["certificateArn"])
        IOT.attach_thing_principal(thingName="csr", principal=issued["certificateArn"])
        IOT.update_certificate(certificateId=issued["certificateId"], newStatus="ACTIVE")
        described = IOT.describe_certificate(certificateId=issued["certificateId"])["certificateDescription"]
        self.assertEqual(described["status"], "ACTIVE")
        self.assertEqual(IOT.list_thing_principals(thingName="csr")["principals"], [issued["certificateArn"]])
        attached = IOT.list_attached_policies(target=issued["certificateArn"])["policies"]
        self.assertEqual([one["policyName"] for one in attached], ["csr"])
        self.assertEqual(error_of(IOT.delete_certificate, certificateId=issued["certificateId"]),
                         "CertificateStateException")
        allowed = IOT.test_authorization(principal=issued["certificateArn"], clientId="csr", authInfos=[
            {"actionType": "CONNECT", "resources": ["arn:aws:iot:eu-central-1:123456789012:client/csr"]}])
        self.assertEqual(allowed["authResults"][0]["authDecision"], "ALLOWED")

    def test_the_certificate_id_is_the_hash_of_the_der(self):
        issued = IOT.create_certificate_from_csr(certificateSigningRequest=request_of(new_key("id"), "/CN=id"))
        shown = openssl("x509", "-noout", "-fingerprint", "-sha256", text=issued["certificatePem"])
        self.assertEqual(shown.split("=")[1].strip().replace(":", "").lower(), issued["certificateId"])

    def test_register_thing(self):
        template = {"Parameters": {"ThingName": {"Type": "String"}, "CSR": {"Type": "String"}}, "Resources": {
            "thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Ref": "ThingName"}}},
            "certificate": {"Type": "AWS::IoT::Certificate",
                            "Properties": {"CertificateSigningRequest": {"Ref": "CSR"}, "Status": "INACTIVE"}}}}
        made = IOT.register_thing(templateBody=json.dumps(template), parameters={
            "ThingName": "one-call", "CSR": request_of(new_key("one-call"), "/CN=one-call")})
        self.assertEqual(set(made["resourceArns"]), {"thing", "certificate"})
        self.assertIn("BEGIN CERTIFICATE", made["certificatePem"])

    def test_own_ca(self):
        ca = make_ca("own-ca")
        code = IOT.get_registration_code()["registrationCode"]
        verification = signed(request_of(new_key("verification"), f"/CN={code}"), ca)
        registered = IOT.register_ca_certificate(caCertificate=ca[1], verificationCertificate=verification,
                                                 setAsActive=True)
        device = signed(request_of(new_key("own"), "/CN=own"), ca)
        made = IOT.register_certificate(certificatePem=device, caCertificatePem=ca[1], status="INACTIVE")
        described = IOT.describe_certificate(certificateId=made["certificateId"])["certificateDescription"]
        self.assertEqual(described["caCertificateId"], registered["certificateId"])
        self.assertEqual(error_of(IOT.register_certificate, certificatePem=device, status="INACTIVE"),
                         "ResourceAlreadyExistsException")

    def test_first_connect_and_factory_certificate(self):
        ca = make_ca("sni-only")
        template = {"Parameters": {"AWS::IoT::Certificate::Id": {"Type": "String"}}, "Resources": {
            "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {
                "CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "ACTIVE"}}}}
        registered = IOT.register_ca_certificate(
            caCertificate=ca[1], certificateMode="SNI_ONLY", setAsActive=True, allowAutoRegistration=True,
            registrationConfig={"templateBody": json.dumps(template), "roleArn": ROLE})
        IOT.update_ca_certificate(certificateId=registered["certificateId"], newAutoRegistrationStatus="DISABLE")
        described = IOT.describe_ca_certificate(certificateId=registered["certificateId"])
        self.assertEqual(described["certificateDescription"]["autoRegistrationStatus"], "DISABLE")
        factory = signed(request_of(new_key("factory"), "/"), ca)
        made = IOT.register_certificate_without_ca(certificatePem=factory, status="ACTIVE")
        self.assertEqual(len(made["certificateId"]), 64)

    def test_claim(self):
        template = {"Parameters": {"AWS::IoT::Certificate::Id": {"Type": "String"}}, "Resources": {
            "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {
                "CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "ACTIVE"}}}}
        IOT.create_provisioning_template(templateName="fleet", templateBody=json.dumps(template), enabled=True,
                                         provisioningRoleArn=ROLE)
        self.assertEqual(IOT.describe_provisioning_template(templateName="fleet")["type"], "FLEET_PROVISIONING")
        claim = IOT.create_provisioning_claim(templateName="fleet")
        self.assertIn("PRIVATE KEY", claim["keyPair"]["PrivateKey"])
        IOT.update_provisioning_template(templateName="fleet", enabled=False)
        self.assertEqual(error_of(IOT.create_provisioning_claim, templateName="fleet"), "InvalidRequestException")

    def test_rules_and_role_aliases(self):
        IOT.create_topic_rule(ruleName="jitr", topicRulePayload={
            "sql": "SELECT * FROM '$aws/events/certificates/registered/#'",
            "actions": [{"lambda": {"functionArn": "arn:aws:lambda:eu-central-1:123456789012:function:f"}}]})
        self.assertEqual(IOT.get_topic_rule(ruleName="jitr")["rule"]["ruleDisabled"], False)
        IOT.create_role_alias(roleAlias="reader", roleArn=ROLE, credentialDurationSeconds=900)
        alias = IOT.describe_role_alias(roleAlias="reader")["roleAliasDescription"]
        self.assertEqual(alias["credentialDurationSeconds"], 900)

    def test_shadow_and_jobs(self):
        data = client("iot-data", DOUBLE.facts["data"]["url"])
        IOT.create_thing(thingName="shadowed")
        desired = json.dumps({"state": {"desired": {"a": 1}}})
        data.update_thing_shadow(thingName="shadowed", shadowName="s", payload=desired)
        shadow = json.load(data.get_thing_shadow(thingName="shadowed", shadowName="s")["payload"])
        self.assertEqual(shadow["state"]["desired"], {"a": 1})
        self.assertEqual(error_of(data.get_thing_shadow, thingName="shadowed"), "ResourceNotFoundException")
        data.publish(topic="a/b", qos=1, payload=b"x")
        IOT.create_job(jobId="j", targets=["arn:aws:iot:eu-central-1:123456789012:thing/shadowed"], document='{"op":1}')
        jobs = client("iot-jobs-data", DOUBLE.facts["data"]["url"])
        started = jobs.start_next_pending_job_execution(thingName="shadowed")["execution"]
        self.assertEqual(json.loads(started["jobDocument"]), {"op": 1})
        jobs.update_job_execution(jobId="j", thingName="shadowed", status="SUCCEEDED",
                                  expectedVersion=started["versionNumber"])
        self.assertEqual(IOT.describe_job(jobId="j")["job"]["status"], "COMPLETED")

    def test_what_is_created_can_be_removed(self):
        issued = IOT.create_certificate_from_csr(certificateSigningRequest=request_of(new_key("gone"), "/CN=gone"),
                                                 setAsActive=True)
        IOT.create_thing(thingName="gone")
        IOT.create_policy(policyName="gone", policyDocument=POLICY)
        IOT.attach_policy(policyName="gone", target=issued["certificateArn"])
        IOT.attach_thing_principal(thingName="gone", principal=issued["certificateArn"])
        IOT.update_certificate(certificateId=issued["certificateId"], newStatus="INACTIVE")
        IOT.detach_policy(policyName="gone", target=issued["certificateArn"])
        IOT.detach_thing_principal(thingName="gone", principal=issued["certificateArn"])
        IOT.delete_certificate(certificateId=issued["certificateId"])
        IOT.delete_thing(thingName="gone")
        IOT.delete_policy(policyName="gone")
        self.assertEqual(error_of(IOT.describe_thing, thingName="gone"), "ResourceNotFoundException")

    def test_throttling_is_survived_by_a_client_that_tries_again(self):
        DOUBLE.control("POST", "/faults", {"where": "control", "operation": "DescribeEndpoint", "times": 1,
                                           "action": {"error": "ThrottlingException"}})
        self.assertIn("localhost", IOT.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"])


def main():
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    result = unittest.main(exit=False, warnings="ignore").result
    judged = DOUBLE.judge(least=50)
    DOUBLE.stop()
    return 0 if result.wasSuccessful() and judged == 0 else 1


sys.exit(main())
