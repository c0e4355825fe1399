# SPDX-License-Identifier: Apache-2.0
"""Pre-provisioning hook: who may become which thing, as a Lambda function of a fleet provisioning template.

ALLOWED is a list of devices for each claim, by the claim's certificate id: a claim for one device names its only one, a
claim for a production lot all of the lot. The new certificate's common name must be the serial number of the device,
which the request cannot choose: it, and the thing's name, come from the list.
"""
import json
import ssl

ALLOWED = {}

COMMON_NAME = bytes.fromhex("0603550403")


def elements(der):
    """The values of the DER elements that follow each other in `der`, with their tags."""
    found, at = [], 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(der[at:at + size], "big"), at + size
        found.append((tag, der[at:at + length]))
        at += length
    return found


def common_name(pem):
    """The common name in a certificate's subject; empty for none."""
    certificate = elements(elements(ssl.PEM_cert_to_DER_cert(pem))[0][1])
    fields = elements(certificate[0][1])
    subject = fields[5 if fields[0][0] == 0xA0 else 4][1]
    for _, name in elements(subject):
        for _, attribute in elements(name):
            if attribute.startswith(COMMON_NAME):
                return elements(attribute)[1][1].decode("utf-8", "replace")
    return ""


def refuse(event, reason):
    print(json.dumps({"refused": event.get("certificateId"), "claim": event.get("claimCertificateId"),
                      "reason": reason}))
    return {"allowProvisioning": False}


def handler(event, context):
    devices = ALLOWED.get(event.get("claimCertificateId"))
    if not devices:
        return refuse(event, "the claim is not in the allow-list")
    serial = common_name(event["certificatePem"])
    for device in devices:
        if device["serial"] == serial:
            return {"allowProvisioning": True,
                    "parameterOverrides": {"ThingName": device["thing"], "SerialNumber": serial}}
    return refuse(event, "no device of this claim has the serial number that the certificate names")
