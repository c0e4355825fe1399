# SPDX-License-Identifier: Apache-2.0
"""Just-in-time registration with an allow-list, as a Lambda function behind an AWS IoT rule.

A certificate of the registered CA that connects for the first time waits as PENDING_ACTIVATION. If it is in ALLOWED, its
thing is made, the policy attached, and it becomes ACTIVE, in this order; any other becomes INACTIVE. May be repeated.
"""
import json
import os

import boto3

ALLOWED = {}
POLICY = ""


def options_for(iot, operation, **wished):
    """The members of `wished` that this version of boto3 knows."""
    known = iot.meta.service_model.operation_model(operation).input_shape.members
    return {name: value for name, value in wished.items() if name in known}


def make_thing(iot, device):
    attributes = {"serialNumber": device["serial"]} if device.get("serial") else {}
    try:
        iot.create_thing(thingName=device["thing"], attributePayload={"attributes": attributes})
    except iot.exceptions.ResourceAlreadyExistsException:
        iot.update_thing(thingName=device["thing"], attributePayload={"attributes": attributes, "merge": True})


def admit(iot, certificate, device):
    make_thing(iot, device)
    iot.attach_policy(policyName=POLICY, target=certificate["certificateArn"])
    iot.attach_thing_principal(
        thingName=device["thing"], principal=certificate["certificateArn"],
        **options_for(iot, "AttachThingPrincipal", thingPrincipalType="EXCLUSIVE_THING"))
    iot.update_certificate(certificateId=certificate["certificateId"], newStatus="ACTIVE")


def handler(event, context):
    iot = boto3.client("iot", endpoint_url=os.environ.get("AWS_ENDPOINT_URL_IOT") or None)
    certificate = iot.describe_certificate(certificateId=event["certificateId"])["certificateDescription"]
    if certificate["status"] != "PENDING_ACTIVATION":
        return {"certificateId": certificate["certificateId"], "result": "left " + certificate["status"]}
    device = ALLOWED.get(certificate["certificateId"])
    if device is None:
        iot.update_certificate(certificateId=certificate["certificateId"], newStatus="INACTIVE")
        print(json.dumps({"refused": certificate["certificateId"], "reason": "not in the allow-list"}))
        return {"certificateId": certificate["certificateId"], "result": "refused"}
    admit(iot, certificate, device)
    return {"certificateId": certificate["certificateId"], "result": "admitted", "thingName": device["thing"]}
