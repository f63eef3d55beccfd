package stack

// The tables below are in the order in which they are looked through: a reason may hold more than one of the texts.
// What begins with "errorcode:" is how CloudFormation's resource handlers sort their failures:
// https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html
// Where the words were seen is in testdata/reasons.txt.

// firstHints are for reasons that may also hold the words of a denial or of a quota, which they are not.
func firstHints() []hint {
	return []hint{
		{
			"the credentials ended while CloudFormation worked with them: sign in anew, then run this again",
			[]string{"security token included in the request is expired", "expiredtoken", "token has expired"},
		},
		{
			// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
			"sign in anew, then run this again; IAM takes no credentials of GetSessionToken that were made without MFA",
			[]string{"security token included in the request is invalid", "invalidclienttokenid"},
		},
		{
			"the package is not in the bucket at that version: try again, which uploads it anew",
			[]string{"nosuchkey", "nosuchversion", "specified key does not exist", "specified version does not exist"},
		},
		{
			"give the function's role that right in the template, then run this again",
			[]string{"execution role does not have permissions"},
		},
		{
			"see that the KMS key is there and enabled, and that its policy lets these credentials and the function use it",
			[]string{"kms access was denied", "kms key", "customer master key", "kmsaccessdenied", "kmsdisabled", "kmsnotfound"},
		},
		{
			"change the stack's policy by aws cloudformation set-stack-policy, then try again",
			[]string{"denied by stack policy"},
		},
		{
			"S3 Block Public Access refuses a policy that is public: narrow the policy, then try again",
			[]string{"blockpublicpolicy", "block public access"},
		},
		{
			"take the reserved concurrency out of the template, or raise Lambda's quota of concurrent executions in " +
				"Service Quotas",
			[]string{"unreservedconcurrentexecution"},
		},
		{
			"allow cloudformation:DescribeEvents to these credentials, which tells what is not valid, then try again",
			[]string{"earlyvalidation"},
		},
		{
			"a hook of this account or its organization refuses it: change what it names, or have the hook changed",
			[]string{"hook(s) failed", "hook failed", "failed_hook", "hook_complete_failed"},
		},
	}
}

// serviceHints are for what one service says of its own resources.
func serviceHints() []hint {
	return []hint{
		{
			"IAM had not spread the new role yet: try again; if it stays so, the role must trust lambda.amazonaws.com",
			[]string{"cannot be assumed", "unable to assume role"},
		},
		{
			"name a role for API Gateway's logs in the settings of the account (trust: apigateway.amazonaws.com, policy: " +
				"AmazonAPIGatewayPushToCloudWatchLogs), or take the logging out of the template",
			[]string{"cloudwatch logs role arn must be set"},
		},
		{
			"change one index at a time: put the first into the template and set it up, then the next",
			[]string{"more than one gsi", "1 online index"},
		},
		{
			"an index cannot be changed so: add it under another name, set that up, then remove the old one",
			[]string{"cannot update gsi"},
		},
		{
			"make the function's package smaller, then run this again: Lambda takes no larger one",
			[]string{"unzipped size must be smaller", "request must be smaller than"},
		},
		{
			"Lambda does not take that runtime or architecture, at least in this region: change it in the template",
			[]string{"is no longer supported for creating or updating", "at 'runtime' failed", "at 'architectures' failed"},
		},
		{
			"give it another name in the template, then run this again",
			[]string{"custom-named resource requires replacing"},
		},
		{
			"DynamoDB works on as many tables as it can at once: wait a minute, then try again",
			[]string{"simultaneously"},
		},
	}
}

// policyHints are for what IAM says of roles, of policies and of tags.
func policyHints() []hint {
	return []hint{
		{
			// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
			"the template names a role, or something else of IAM, and plldb gives CAPABILITY_IAM alone: take that name out, " +
				"then run this again",
			[]string{"[capability_named_iam]"},
		},
		{
			// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
			"to IAM two tags are one when their keys differ in capital letters only: take one of them away, then run this again",
			[]string{"duplicate tag keys found"},
		},
		{
			"a policy names somebody who is not there: correct it in the template, or try again if that one is only just made",
			[]string{"invalid principal"},
		},
		{
			"mend that policy in the template, then run this again",
			[]string{
				"malformedpolicydocument", "syntax errors in policy", "must be in arn format", "prohibited field",
				"should not specify a principal",
			},
		},
		{
			"take away the policies that somebody gave it by hand, then try again",
			[]string{"must delete policies first", "must detach all policies first"},
		},
	}
}

// refusalHints are for what every service says that does not do as it is asked.
func refusalHints() []hint {
	return []hint{
		{
			"AWS asks for fewer requests: wait a minute, then try again",
			[]string{"rate exceeded", "throttl", "too many requests", "toomanyrequests", "errorcode: throttling"},
		},
		{
			"take the protection away, then try again",
			[]string{"deletion protection", "deletionprotection", "protected against deletion", "terminationprotection"},
		},
		{
			"a stack has at most 50 tags, and so has each thing in it: take some away, then run this again",
			[]string{
				"more than 50 tags", "tags must have length less than or equal to 50",
				"at 'tags' failed to satisfy constraint: member must have length less than or equal to 50",
			},
		},
		{ // Lambda says ResourceConflictException of what is there already
			"something of that name is there that the stack does not own: remove or rename it, then try again",
			[]string{"already exists", "errorcode: alreadyexists"},
		},
		{
			"something else changed it at that moment: try again",
			[]string{
				"concurrent modification", "update is in progress for resource", "resourceconflict", "conflictexception",
				"being modified by another request",
			},
		},
		{
			"raise that quota in Service Quotas or free some of it, then try again",
			[]string{
				"limit exceeded", "limitexceeded", "quota", "maximum number", "exceeded the limit",
				"errorcode: servicelimitexceeded",
			},
		},
	}
}

// troubleHints are for what went wrong on the way.
func troubleHints() []hint {
	return []hint{
		{
			"this account cannot use that service in this region: enable the region, finish the sign-up, or use another",
			[]string{
				"needs a subscription", "optinrequired", "not subscribed to this service", "not available in this region",
				"not supported in this region",
			},
		},
		{
			"mend that type in the template, then run this again; if it is right, AWS does not have it in this region: use another",
			[]string{"unrecognized resource types"},
		},
		{
			"AWS took too long with it: try again; if it stays so, look at the resource in its console",
			[]string{
				"did not stabilize", "failed to stabilize", "attempts to wait", "timed out waiting", "errorcode: notstabilized",
			},
		},
		{
			"the fault is AWS's: try again in a while; https://health.aws.amazon.com tells of disruptions",
			[]string{
				"internal failure", "internalfailure", "internal error", "internal service error", "service unavailable",
				"serviceunavailable", "errorcode: serviceinternalerror",
			},
		},
		{
			"remove what still uses it, then try again",
			[]string{" in use", "still referenced", "is not empty", "dependent"},
		},
		{
			"it was removed by hand, it seems: make it again under that name, or take it out of the template for one setup",
			[]string{"was not found", "not found:", "resource not found", "nosuchentity", "errorcode: notfound"},
		},
		{
			"mend the template, then run this again",
			[]string{
				"properties validation failed", "model validation failed", "unsupported property", "validation error detected",
				"extraneous key",
			},
		},
	}
}
