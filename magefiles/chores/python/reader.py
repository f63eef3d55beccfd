"""Asks AWS, or what stands in for it, with boto3: the client that is not plldb's own.

Each line of standard input is a question in JSON, {"service", "operation", "params", "region"} and, to ask as somebody
else, "credentials" as AssumeRole gives them, or, for a waiter of boto3's that "operation" names, "waits": true, or, for a
service that has no address of its own, "endpoint". A parameter {"$file": PATH} is the bytes of that file. Each is answered
by one line, {"answer": ...} with all pages in one, or {"code": ..., "message": ...} when AWS refuses. It ends with its
standard input.
"""

import json
import os
import sys

try:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError as missing:
    sys.exit(f"{missing}")

CLIENTS = {}


def client(service, region, credentials, endpoint):
    key = (service, region, json.dumps(credentials, sort_keys=True), endpoint)
    if key not in CLIENTS:
        given = {
            "aws_access_key_id": credentials["AccessKeyId"],
            "aws_secret_access_key": credentials["SecretAccessKey"],
            "aws_session_token": credentials["SessionToken"],
        } if credentials else {}
        endpoint = endpoint or os.environ.get("AWS_ENDPOINT_URL") or None
        CLIENTS[key] = boto3.session.Session(region_name=region, **given).client(
            service, endpoint_url=endpoint, config=Config(retries={"mode": "standard"}))
    return CLIENTS[key]


def filled(params):
    """Puts the bytes of files where they are asked for."""
    return {
        name: open(value["$file"], "rb").read() if isinstance(value, dict) and list(value) == ["$file"] else value
        for name, value in params.items()
    }


def ask(service, operation, params, region, credentials=None, waits=False, endpoint=None):
    asked = client(service, region, credentials, endpoint)
    params = filled(params)
    if waits:
        return asked.get_waiter(operation).wait(**params, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    if asked.can_paginate(operation):
        return asked.get_paginator(operation).paginate(**params).build_full_result()
    return getattr(asked, operation)(**params)


def plain(value):
    """Gives what JSON has no form for: the body of an object as text, a time as text."""
    return value.read().decode() if hasattr(value, "read") else str(value)


for line in sys.stdin:
    try:
        reply = {"answer": ask(**json.loads(line))}
    except ClientError as refused:
        error = refused.response["Error"]
        reply = {"code": error.get("Code") or "Unknown", "message": error.get("Message", "")}
    except BotoCoreError as failed:
        reply = {"code": type(failed).__name__, "message": str(failed)}
    print(json.dumps(reply, default=plain), flush=True)
