#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The oracle finds what is wrong: one right request, and each way of spoiling it."""
import copy
import os
import sys
import unittest

try:
    import botocore  # noqa: F401
except ImportError:
    print("test_oracle: python3-botocore is not installed", file=sys.stderr)
    sys.exit(77)

import model
import signatures

HERE = os.path.dirname(os.path.abspath(__file__))
API = model.Api(os.path.join(HERE, "newer.json"))
SECRETS = {"AKIDEXAMPLE": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}

# The third vector of aws-iot.md section 6.1.
ATTACH = {
    "n": 1, "method": "PUT", "path": "/things/gw%3A0001/principals", "query": "", "body": "", "status": 200,
    "errorType": None, "answer": {},
    "headers": [["Host", "iot.eu-central-1.amazonaws.com"], ["X-Amz-Date", "20261122T120000Z"],
                ["X-Amz-Security-Token", "TOKEN"],
                ["x-amzn-principal", "arn:aws:iot:eu-central-1:123456789012:cert/aa"],
                ["Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/eu-central-1/iot/aws4_request, "
                 "SignedHeaders=host;x-amz-date;x-amz-security-token;x-amzn-principal, "
                 "Signature=e4d35d2cf73bf4add7bbdfa70249504c33bb07360ba2d459f2f3ecee77cf36f1"]],
}
CREATE = {"n": 2, "method": "POST", "path": "/things/gw-1", "query": "", "status": 200, "errorType": None, "answer": {},
          "headers": [["Host", "h"]], "body": '{"attributePayload":{"attributes":{"a":"b"},"merge":true}}'}


def judged(entry, **changes):
    changed = {**copy.deepcopy(entry), **changes}
    found = API.find(changed["method"], changed["path"])
    if found is None:
        return ["no operation"]
    name, operation, of_service, labels = found
    return model.Request(changed, name, operation, of_service, labels).judge()


class Requests(unittest.TestCase):
    def test_right_requests_pass(self):
        self.assertEqual(judged(ATTACH), [])
        self.assertEqual(judged(CREATE), [])

    def test_the_more_literal_path_is_found(self):
        self.assertEqual(API.find("PUT", "/thing-groups/addThingToThingGroup")[0], "AddThingToThingGroup")
        self.assertEqual(API.find("POST", "/things")[0], "RegisterThing")

    def test_spoilt_requests_are_found(self):
        spoilt = [
            (ATTACH, {"method": "POST"}, "no operation"),
            (ATTACH, {"headers": ATTACH["headers"][:3]}, "required member principal"),
            (ATTACH, {"query": "thingPrincipalType=SOMETHING"}, "none of"),
            (ATTACH, {"query": "type=EXCLUSIVE_THING"}, "unknown parameter"),
            (ATTACH, {"headers": ATTACH["headers"] + [["x-amzn-other", "1"]]}, "unknown header"),
            (ATTACH, {"path": "/things/with%20space/principals"}, "does not match"),
            (ATTACH, {"body": '{"principal":"x"}'}, "unknown member"),
            (CREATE, {"body": "{"}, "no JSON"),
            (CREATE, {"body": "[]"}, "no object"),
            (CREATE, {"body": '{"attributePayload":{"attributes":{"a":"b c"}}}'}, "does not match"),
            (CREATE, {"body": '{"attributePayload":{"attributes":{"a":1}}}'}, "no string"),
            (CREATE, {"body": '{"attributePayload":{"attributes":{},"merge":"true"}}'}, "no boolean"),
            (CREATE, {"body": '{"attributePayload":[]}'}, "no object"),
            (CREATE, {"body": '{"attributes":{}}'}, "unknown member"),
        ]
        for entry, changes, expected in spoilt:
            with self.subTest(changes=changes):
                violations = judged(entry, **changes)
                self.assertTrue(any(expected in one for one in violations), violations)

    def test_answers_are_judged(self):
        name, operation, of_service, _ = API.find("GET", "/endpoint")
        entry = {"n": 1, "answer": {"endpointAddress": "host"}}
        self.assertEqual(model.judge_answer(entry, name, operation, of_service), [])
        entry["answer"] = {"address": "host"}
        self.assertIn("unknown member", model.judge_answer(entry, name, operation, of_service)[0])
        name, operation, of_service, _ = API.find("POST", "/things/gw-1/connectivity-data")
        entry["answer"] = {"connected": True, "timestamp": 1795953605973}
        self.assertIn("no time in seconds", model.judge_answer(entry, name, operation, of_service)[0])


class Signatures(unittest.TestCase):
    def test_a_right_signature_is_computed(self):
        sent, computed = signatures.recompute(ATTACH, SECRETS)
        self.assertEqual(sent, computed)

    def test_each_change_makes_another_signature(self):
        headers = [[name, value.replace("TOKEN", "OTHER")] for name, value in ATTACH["headers"]]
        for changes in ({"method": "DELETE"}, {"path": "/things/gw%3A0002/principals"}, {"query": "a=b"},
                        {"body": "{}"}, {"headers": headers}):
            with self.subTest(changes=changes):
                sent, computed = signatures.recompute({**ATTACH, **changes}, SECRETS)
                self.assertNotEqual(sent, computed)

    def test_a_query_must_be_sent_as_it_is_signed(self):
        self.assertTrue(signatures.is_canonical_query("endpointType=iot%3AData-ATS"))
        self.assertFalse(signatures.is_canonical_query("endpointType=iot:Data-ATS"))
        self.assertFalse(signatures.is_canonical_query("endpointType=iot%3aData-ATS"))


if __name__ == "__main__":
    unittest.main()
