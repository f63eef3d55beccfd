package s3

import (
	"regexp"
	"slices"
	"strings"
)

// check refuses what S3 refuses, with its words (https://github.com/versity/versitygw/issues/645, 648, 649), and what
// judge does not model, so that no part of a policy is silently ignored.
func (p policy) check(b *bucket, s *Service) error {
	if p.Version != "" && p.Version != "2012-10-17" && p.Version != "2008-10-17" {
		return malformedPolicy("The policy must contain a valid version string")
	}
	if len(p.Statement) == 0 {
		return malformedPolicy("Missing required field Statement")
	}
	seen := map[string]bool{}
	for _, st := range p.Statement {
		if st.Sid != "" && seen[st.Sid] {
			return malformedPolicy("Statement IDs (SID) in a single policy must be unique.")
		}
		seen[st.Sid] = true
		if err := st.check(b, s); err != nil {
			return err
		}
	}
	return nil
}

func (st statement) check(b *bucket, s *Service) error {
	if err := st.complete(); err != nil {
		return err
	}
	for _, err := range []error{st.checkPrincipals(), st.checkActions(), st.checkConditions()} {
		if err != nil {
			return err
		}
	}
	return st.checkResources(b, s)
}

func (st statement) complete() error {
	if st.NotAction != nil || st.NotPrincipal != nil || st.NotResource != nil {
		return notModelled("NotAction, NotPrincipal and NotResource in a bucket policy")
	}
	switch {
	case st.Effect != "Allow" && st.Effect != "Deny":
		return malformedPolicy("Invalid effect: %s", st.Effect)
	case st.Principal == nil:
		return malformedPolicy("Missing required field Principal")
	case len(st.Action) == 0:
		return malformedPolicy("Missing required field Action")
	case len(st.Resource) == 0:
		return malformedPolicy("Missing required field Resource")
	}
	return nil
}

var (
	servicePrincipal = regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$`)
	identity         = regexp.MustCompile(`^arn:aws[a-z-]*:(iam|sts)::\d{12}:.+$`)
)

// checkPrincipals takes everybody, accounts and services. The local cloud's callers are whole accounts, so a user, a
// role or a session could not be told from the rest of its account.
func (st statement) checkPrincipals() error {
	for kind, names := range *st.Principal {
		for _, name := range names {
			switch {
			case kind == "AWS" && (name == "*" || accountOf(name) != ""):
			case kind == "Service" && servicePrincipal.MatchString(name):
			case kind == "AWS" && identity.MatchString(name), kind == "Federated", kind == "CanonicalUser":
				return notModelled("the principal %s in a bucket policy", name)
			default:
				return malformedPolicy("%v", errPrincipal)
			}
		}
	}
	return nil
}

var s3Action = regexp.MustCompile(`^(?i:s3):[A-Za-z*?]+$`)

// checkActions cannot tell a name that S3 has not from one that it has.
func (st statement) checkActions() error {
	for _, action := range st.Action {
		if action != "*" && !s3Action.MatchString(action) {
			return malformedPolicy("Policy has invalid action")
		}
	}
	return nil
}

func (st statement) checkConditions() error {
	for operator, keys := range st.Condition {
		if !slices.Contains([]string{"Bool", "StringEquals", "StringLike"}, operator) {
			return notModelled("the condition operator %s in a bucket policy", operator)
		}
		for key, values := range keys {
			if _, ok := (subject{account: "0"}).value(key); !ok {
				return notModelled("the condition key %s in a bucket policy", key)
			}
			if slices.ContainsFunc(values, hasVariable) {
				return notModelled("policy variables (%s) in a bucket policy", strings.Join(values, ", "))
			}
		}
	}
	return nil
}

func hasVariable(s string) bool { return strings.Contains(s, "${") }

// checkResources: each is the bucket, or objects of it, and each action has one that it can be done to.
func (st statement) checkResources(b *bucket, s *Service) error {
	buckets, objects := false, false
	for _, resource := range st.Resource {
		if hasVariable(resource) {
			return notModelled("policy variables (%s) in a bucket policy", resource)
		}
		rest, ok := strings.CutPrefix(resource, b.arn(""))
		if !ok || rest != "" && rest[0] != '/' && rest[0] != '*' {
			return malformedPolicy("Policy has invalid resource")
		}
		buckets = buckets || rest == "" || rest[0] == '*'
		objects = objects || rest != ""
	}
	for _, action := range st.Action {
		if !s.applies(action, buckets, objects) {
			return malformedPolicy("Action does not apply to any resource(s) in statement")
		}
	}
	return nil
}

// applies says whether an action, with wildcards, is one of buckets or one of objects, as far as it is known here.
func (s *Service) applies(action string, buckets, objects bool) bool {
	known := false
	for _, op := range s.operations {
		for _, name := range []string{op.action, op.action + "Version"} {
			if op.action == "" || !matchesAny(words{action}, name, true) {
				continue
			}
			known = true
			if op.on == onObject && objects || op.on == onBucket && buckets {
				return true
			}
		}
	}
	return !known
}

// public says whether the policy lets everybody in: it allows "*" without a condition on a fixed account.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
func (p policy) public() bool {
	return slices.ContainsFunc(p.Statement, func(st statement) bool {
		return st.Effect == "Allow" && slices.Contains((*st.Principal)["AWS"], "*") && !st.fixed()
	})
}

func (st statement) fixed() bool {
	for operator, keys := range st.Condition {
		for key, values := range keys {
			if strings.EqualFold(key, "aws:PrincipalAccount") && operator != "Bool" &&
				!slices.ContainsFunc(values, func(v string) bool { return strings.ContainsAny(v, "*?") }) {
				return true
			}
		}
	}
	return false
}
