"""Runs moto's server, patched in three places, on a free port of the loopback address.

It prints one line of JSON, {"port": ..., "moto": "5.2.1"}, once it has given its first answers, and runs until its
standard input ends. So it never outlives the program that started it, however that one ends.
"""

import importlib.metadata
import json
import logging
import os
import sys
import threading

os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")

try:
    import boto3
    import botocore.config
    import moto.awslambda.models
    import moto.s3.models
    import moto.s3.responses
    from moto.iam.access_control import PermissionResult
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server
except ImportError as missing:
    sys.exit(f"{missing}")


def let_bucket_policies_pass():
    """moto reads a Deny that has a condition as one without: under a policy that denies what does not come over TLS
    it answers 403 to every call for an object. With this it keeps the policy and gives it back, and never asks it.
    So conformance shows that the policy is set, and not that it works."""
    moto.s3.models.FakeBucket.get_permission = lambda self, action, resource: PermissionResult.NEUTRAL


def remember_newer_noncurrent_versions():
    """moto forgets NoncurrentVersionExpiration.NewerNoncurrentVersions of a lifecycle rule, so a client that compares
    what is there with what it wants would write the rule again at every run. With this it is kept beside the rule and
    stands in the answer again."""
    plain_set = moto.s3.models.FakeBucket.set_lifecycle
    plain_get = moto.s3.responses.S3Response.get_bucket_lifecycle

    def set_lifecycle(self, rules):
        plain_set(self, rules)
        for given, kept in zip(rules, self.rules):
            kept.newer_noncurrent = (given.get("NoncurrentVersionExpiration") or {}).get("NewerNoncurrentVersions")

    def get_bucket_lifecycle(self):
        plain_serialized = self.serialized

        def serialized(result):
            if isinstance(result.result, dict):  # else it is an error
                kept = self.backend.get_bucket_lifecycle(self.bucket_name)
                for rule, shown in zip(kept, result.result["Rules"]):
                    if getattr(rule, "newer_noncurrent", None):
                        shown["NoncurrentVersionExpiration"]["NewerNoncurrentVersions"] = rule.newer_noncurrent
            return plain_serialized(result)

        self.serialized = serialized
        return plain_get(self)

    moto.s3.models.FakeBucket.set_lifecycle = set_lifecycle
    moto.s3.responses.S3Response.get_bucket_lifecycle = get_bucket_lifecycle


def pass_on_architectures():
    """moto's CloudFormation makes every function x86_64, whatever the template says. With this it takes the template's
    word."""
    plain_create = moto.awslambda.models.LambdaFunction.create_from_cloudformation_json.__func__

    def create(cls, resource_name, cloudformation_json, *args, **kwargs):
        function = plain_create(cls, resource_name, cloudformation_json, *args, **kwargs)
        if "Architectures" in cloudformation_json["Properties"]:
            function.architectures = cloudformation_json["Properties"]["Architectures"]
        return function

    moto.awslambda.models.LambdaFunction.create_from_cloudformation_json = classmethod(create)


def warm(port):
    """The first answer of each service takes moto up to seconds; ask them all once."""
    session = boto3.session.Session("warm", "warm", region_name="us-east-1")
    settings = botocore.config.Config(retries={"total_max_attempts": 1})
    for service, operation in (
        ("sts", "get_caller_identity"),
        ("s3", "list_buckets"),
        ("cloudformation", "list_stacks"),
        ("lambda", "list_functions"),
        ("dynamodb", "list_tables"),
        ("iam", "list_roles"),
        ("logs", "describe_log_groups"),
        ("apigatewayv2", "get_apis"),
    ):
        client = session.client(service, endpoint_url=f"http://localhost:{port}", config=settings)
        getattr(client, operation)()


def main():
    let_bucket_policies_pass()
    remember_newer_noncurrent_versions()
    pass_on_architectures()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)

    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
    port = server.server_address[1]
    os.environ["MOTO_PORT"] = str(port)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    warm(port)
    print(json.dumps({"port": port, "moto": importlib.metadata.version("moto")}), flush=True)
    sys.stdin.read()


main()
