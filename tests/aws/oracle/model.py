# SPDX-License-Identifier: Apache-2.0
"""AWS's own description of its API, as botocore ships it, and the comparison of requests and answers with it."""
import copy
import gzip
import json
import os
import re
import urllib.parse

import botocore

LATEST_TIME = 1e11
SERVICES = ("iot", "iot-data", "iot-jobs-data")
TRANSPORT_HEADERS = {"host", "authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256",
                     "content-type", "content-length", "user-agent", "accept", "accept-encoding", "connection",
                     "expect", "amz-sdk-invocation-id", "amz-sdk-request", "x-amz-user-agent", "transfer-encoding"}


def read_model(service):
    base = os.path.join(os.path.dirname(botocore.__file__), "data", service)
    newest = os.path.join(base, sorted(os.listdir(base))[-1], "service-2.json")
    if os.path.exists(newest):
        with open(newest, encoding="utf-8") as file:
            return json.load(file)
    with gzip.open(newest + ".gz", "rt", encoding="utf-8") as file:
        return json.load(file)


def merged(model, newer):
    """What the service has learnt since; `newer` has the form of the model."""
    for name, shape in newer.get("shapes", {}).items():
        old = model["shapes"].get(name)
        if old is None:
            model["shapes"][name] = shape
        else:
            old.setdefault("members", {}).update(shape.get("members", {}))
    for name, operation in newer.get("operations", {}).items():
        model["operations"].setdefault(name, operation)
    return model


def load(newer_path):
    with open(newer_path, encoding="utf-8") as file:
        newer = json.load(file)
    return [merged(copy.deepcopy(read_model(name)), newer.get(name, {})) for name in SERVICES]


def path_expression(template):
    """A regular expression with a group for each label of a path."""
    parts = re.split(r"(\{[^}]+\})", template.split("?")[0])
    expression = ""
    for part in parts:
        label = re.fullmatch(r"\{([^}+]+)(\+?)\}", part)
        if label:
            expression += f"(?P<{label.group(1)}>{'.+' if label.group(2) else '[^/]+'})"
        else:
            expression += re.escape(part)
    return re.compile(expression.rstrip("/") + "/?")


class Api:
    """All operations of the three services."""

    def __init__(self, newer_path):
        self.routes = []
        for model in load(newer_path):
            for name, operation in model["operations"].items():
                uri = operation["http"]["requestUri"]
                method = operation["http"]["method"]
                self.routes.append((method, path_expression(uri), uri.count("{"), name, operation, model))

    def find(self, method, path):
        """(name, operation, model, labels) with the fewest labels, or None."""
        best = None
        for route_method, expression, labels, name, operation, model in self.routes:
            found = expression.fullmatch(path) if route_method == method else None
            if found and (best is None or labels < best[0]):
                best = (labels, name, operation, model, found.groupdict())
        return best[1:] if best else None


def translated(pattern):
    """Java's classes in the terms of Python."""
    for java, python in (("Graph", "!-~"), ("L", "a-zA-Z"), ("Z", " "), ("N", "0-9")):
        pattern = pattern.replace("\\p{%s}" % java, python)
    return pattern


class Judge:
    """Collects violations of one message against a shape."""

    def __init__(self, model, where):
        self.shapes = model["shapes"]
        self.where = where
        self.violations = []

    def say(self, path, text):
        self.violations.append(f"{self.where}: {path}: {text}")

    def value(self, shape_name, value, path):
        shape = self.shapes[shape_name]
        check = getattr(self, "check_" + shape["type"], None)
        if check:
            check(shape, value, path)

    def bounded(self, shape, size, path):
        if size < shape.get("min", size) or size > shape.get("max", size):
            self.say(path, f"{size} is not between {shape.get('min')} and {shape.get('max')}")

    def check_string(self, shape, value, path):
        if not isinstance(value, str):
            self.say(path, f"{value!r} is no string")
            return
        self.bounded(shape, len(value), path)
        if "enum" in shape and value not in shape["enum"]:
            self.say(path, f"{value!r} is none of {shape['enum']}")
        if "pattern" in shape and not re.fullmatch(translated(shape["pattern"]), value):
            self.say(path, f"{value!r} does not match {shape['pattern']}")

    def check_boolean(self, _shape, value, path):
        if not isinstance(value, bool):
            self.say(path, f"{value!r} is no boolean")

    def check_integer(self, shape, value, path):
        if not isinstance(value, int) or isinstance(value, bool):
            self.say(path, f"{value!r} is no integer")
        else:
            self.bounded(shape, value, path)

    check_long = check_integer

    def check_timestamp(self, _shape, value, path):
        # Milliseconds would be a time far in the future.
        if not isinstance(value, (int, float)) or isinstance(value, bool) or value > LATEST_TIME:
            self.say(path, f"{value!r} is no time in seconds")

    def check_list(self, shape, value, path):
        if not isinstance(value, list):
            self.say(path, f"{value!r} is no list")
            return
        self.bounded(shape, len(value), path)
        for index, member in enumerate(value):
            self.value(shape["member"]["shape"], member, f"{path}[{index}]")

    def check_map(self, shape, value, path):
        if not isinstance(value, dict):
            self.say(path, f"{value!r} is no map")
            return
        self.bounded(shape, len(value), path)
        for key, member in value.items():
            self.value(shape["key"]["shape"], key, f"{path} key")
            self.value(shape["value"]["shape"], member, f"{path}.{key}")

    def check_structure(self, shape, value, path):
        if not isinstance(value, dict):
            self.say(path, f"{value!r} is no object")
            return
        self.members(shape, {name: (member, value.get(name)) for name, member in shape["members"].items()}, path)
        known = {member.get("locationName", name) for name, member in shape["members"].items()}
        for name in value:
            if name not in known:
                self.say(path, f"unknown member {name}")

    def members(self, shape, found, path):
        """`found` maps names to (member of the shape, value or None)."""
        for name in shape.get("required", []):
            if found[name][1] is None:
                self.say(path, f"required member {name} is missing")
        for name, (member, value) in found.items():
            if value is not None:
                self.value(member["shape"], value, f"{path}.{name}")


def parsed_parameter(shape, text):
    if shape["type"] == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if shape["type"] in ("integer", "long"):
        return int(text) if re.fullmatch(r"-?\d+", text) else text
    return text


class Request(Judge):
    """One logged request against the input shape of its operation."""

    def __init__(self, entry, name, operation, model, labels):
        super().__init__(model, f"request {entry['n']} {name}")
        self.entry = entry
        self.labels = labels
        self.shape = self.shapes[operation["input"]["shape"]] if "input" in operation else {"members": {}}
        self.query = dict(urllib.parse.parse_qsl(entry["query"], keep_blank_values=True))
        self.headers = {key.lower(): value for key, value in entry["headers"]}

    def judge(self):
        body = self.body()
        found = {}
        for name, member in self.shape["members"].items():
            found[name] = (member, self.located(name, member, body))
        self.members(self.shape, found, "request")
        self.strangers(body)
        return self.violations

    def body(self):
        """The JSON object of the body; empty where the operation has none, or where the body is a member itself."""
        if "payload" in self.shape:
            member = self.shape["members"][self.shape["payload"]]
            if self.shapes[member["shape"]]["type"] != "structure":
                return {self.shape["payload"]: self.entry["body"]} if self.entry["body"] else {}
        text = self.entry["body"]
        if text == "":
            return {}
        try:
            parsed = json.loads(text)
        except ValueError:
            self.say("body", "is no JSON")
            return {}
        if not isinstance(parsed, dict):
            self.say("body", "is no object")
            return {}
        if "payload" in self.shape:
            return {self.shape["payload"]: parsed}
        return parsed

    def located(self, name, member, body):
        location = member.get("location")
        wire = member.get("locationName", name)
        shape = self.shapes[member["shape"]]
        if location == "uri":
            text = self.labels.get(wire)
            return None if text is None else parsed_parameter(shape, urllib.parse.unquote(text))
        if location == "querystring":
            return None if wire not in self.query else parsed_parameter(shape, self.query[wire])
        if location == "header":
            text = self.headers.get(wire.lower())
            return None if text is None else parsed_parameter(shape, text)
        return body.get(wire)

    def strangers(self, body):
        wire = {"querystring": set(), "header": set(), "uri": set(), None: set()}
        for name, member in self.shape["members"].items():
            wire.setdefault(member.get("location"), set()).add(member.get("locationName", name))
        for name in self.query:
            if name not in wire["querystring"]:
                self.say("query", f"unknown parameter {name}")
        for name in body:
            if name not in wire[None]:
                self.say("body", f"unknown member {name}")
        allowed = TRANSPORT_HEADERS | {name.lower() for name in wire["header"]}
        for name in self.headers:
            if name not in allowed:
                self.say("headers", f"unknown header {name}")


def judge_answer(entry, name, operation, model):
    """The double's answer against the output shape: a double that invents members would teach its clients wrongly."""
    judge = Judge(model, f"answer {entry['n']} {name}")
    shape_name = operation.get("output", {}).get("shape")
    answer = entry["answer"]
    if shape_name is not None and "payload" not in model["shapes"][shape_name] and isinstance(answer, dict):
        judge.value(shape_name, answer, "body")
    return judge.violations
