# SPDX-License-Identifier: Apache-2.0
"""The signature of a logged request, computed again by botocore, which shares no code with the double or our client."""
import re
import urllib.parse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

AUTHORIZATION = re.compile(r"AWS4-HMAC-SHA256\s+Credential=([^,/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request,\s*"
                           r"SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})")


def parts(entry):
    """(key id, region, service, names of signed headers, signature), or None where there is no such header."""
    headers = {key.lower(): value for key, value in entry["headers"]}
    found = AUTHORIZATION.fullmatch(headers.get("authorization", "").strip())
    if not found:
        return None
    key, _date, region, service, names, signature = found.groups()
    return key, region, service, names.split(";"), signature


def recompute(entry, secrets):
    """(signature as sent, signature as it must be); None where the request is not signed by a known key."""
    found = parts(entry)
    if found is None or found[0] not in secrets:
        return None
    key, region, service, names, signature = found
    headers = {name: value for name, value in entry["headers"] if name.lower() in names}
    url = f"https://{dict((k.lower(), v) for k, v in entry['headers'])['host']}{entry['path']}"
    if entry["query"]:
        url += "?" + entry["query"]
    request = AWSRequest(method=entry["method"], url=url, headers=headers, data=entry["body"].encode())
    request.context["timestamp"] = dict((k.lower(), v) for k, v in entry["headers"])["x-amz-date"]
    request.context["payload_signing_enabled"] = True
    signer = SigV4Auth(Credentials(key, secrets[key]), service, region)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return signature, signer.signature(text, request)


def is_canonical_query(query):
    """Whether the query was sent in the encoding in which it is signed."""
    return all(urllib.parse.quote(urllib.parse.unquote(part), safe="-_.~") == part
               for pair in query.split("&") for part in pair.split("=", 1)) if query else True
