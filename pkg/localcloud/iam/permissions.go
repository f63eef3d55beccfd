package iam

import (
	"regexp"
	"strings"
)

var vendor = regexp.MustCompile(`^[a-zA-Z0-9.-]+$`)

// checkPermissions refuses a text that is no identity policy. Whether actions and resources exist is not checked, nor
// does IAM. The words are those that clients of IAM have been answered, as quoted in hashicorp/terraform#13449 (the
// principal), aws-samples/aws-health-aware#1 (resources) and moto's tests (the others).
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
func (o owner) checkPermissions(text string) error {
	p, err := parse(text)
	if err != nil {
		return err
	}
	for _, s := range p.statements {
		if !s.has("Effect") {
			return malformed("Syntax errors in policy.")
		}
		if s.has("Principal") || s.has("NotPrincipal") {
			return malformed("Policy document should not specify a principal.")
		}
		if err := s.checkActions(); err != nil {
			return err
		}
		if err := o.checkResources(s); err != nil {
			return err
		}
	}
	if !p.unique() {
		return malformed("Statement IDs (SID) in a single policy must be unique.")
	}
	return nil
}

// either are the values of an element or of its opposite.
func (s statement) either(name string) []string {
	list, _ := texts(s[name])
	if not, _ := texts(s["Not"+name]); list == nil {
		return not
	}
	return list
}

// checkActions wants SERVICE:ACTION or *.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
func (s statement) checkActions() error {
	actions := s.either("Action")
	if len(actions) == 0 {
		return malformed("Policy statement must contain actions.")
	}
	for _, action := range actions {
		service, _, found := strings.Cut(action, ":")
		switch {
		case action == "*":
		case !found:
			return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
		case strings.Count(action, ":") > 1:
			return malformed("Actions/Condition can contain only one colon.")
		case !vendor.MatchString(service):
			return malformed("Vendor %s is not valid", service)
		}
	}
	return nil
}

// checkResources wants ARNs of the account's own partition, or *. An ARN of another partition is what a template with a
// partition written out gives in China.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
func (o owner) checkResources(s statement) error {
	resources := s.either("Resource")
	if len(resources) == 0 {
		return malformed("Policy statement must contain resources.")
	}
	for _, arn := range resources {
		if arn == "*" {
			continue
		}
		parts := strings.SplitN(arn, ":", 6)
		switch {
		case parts[0] != "arn":
			return malformed(`Resource %s must be in ARN format or "*".`, arn)
		case len(parts) < 6:
			return malformed("The policy failed legacy parsing")
		case parts[1] != o.Partition && parts[1] != "*":
			return malformed(`Partition "%s" is not valid for resource "%s".`, parts[1], arn)
		case parts[2] == "" || strings.ContainsAny(parts[2], "*?"):
			return malformed("Resource vendor must be fully qualified and cannot contain regexes.")
		}
	}
	return nil
}
