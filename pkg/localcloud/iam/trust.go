package iam

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

// principals are the services of the local cloud that may assume a role. The name is SERVICE.amazonaws.com in every
// partition.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services
func principals() []string {
	return []string{"apigateway.amazonaws.com", "cloudformation.amazonaws.com", "lambda.amazonaws.com"}
}

var (
	accountPattern   = regexp.MustCompile(`^\d{12}$`)
	principalPattern = regexp.MustCompile(`^arn:([a-z-]+):(iam|sts)::(\d{12}):([a-z-]+)(/.+)?$`)
)

// checkTrust refuses a text that is no trust policy. It gives the roles that are trusted: ARN to unique id. The words
// are those that issue threads quote; where only another emulator has them they are marked.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
func (o owner) checkTrust(tx *store.Tx, text string) (map[string]string, error) {
	p, err := parse(text)
	if err != nil {
		return nil, err
	}
	trusted := map[string]string{}
	for _, s := range p.statements {
		if err := s.checkTrustElements(); err != nil {
			return nil, err
		}
		roles, err := o.checkPrincipals(tx, s["Principal"])
		if err != nil {
			return nil, err
		}
		maps.Copy(trusted, roles)
	}
	if !p.unique() {
		return nil, malformed("Statement IDs (SID) in a single policy must be unique.")
	}
	return trusted, nil
}

// checkTrustElements wants what a trust policy must have, and no resource: that is the role itself. The words for a
// resource and for a foreign action are quoted widely; the others are versitygw's, unverified.
func (s statement) checkTrustElements() error {
	switch {
	case s.has("Resource"):
		return malformed("Has prohibited field Resource")
	case s.has("NotResource"):
		return malformed("Has prohibited field NotResource")
	case s.has("NotPrincipal"):
		return malformed("Allow with NotPrincipal is not allowed.")
	case !s.has("Effect"):
		return malformed("Missing required field Effect")
	case !s.has("Principal"):
		return malformed("Missing required field Principal")
	case len(s.either("Action")) == 0:
		return malformed("Missing required field Action")
	}
	for _, action := range s.either("Action") {
		known := func(one string) bool { return matches(action, one) }
		if !strings.HasPrefix(strings.ToLower(action), "sts:") || !slices.ContainsFunc(trustActions(), known) {
			return malformed("AssumeRole policy may only specify STS AssumeRole actions.")
		}
	}
	return nil
}

// checkPrincipals wants an object of principals that exist. A bare "*" is one to other services' policies, not to IAM
// (aws/aws-cdk#5732).
func (o owner) checkPrincipals(tx *store.Tx, principal any) (map[string]string, error) {
	kinds, ok := principal.(map[string]any)
	if principal == "*" {
		return nil, malformed(`AssumeRolepolicy contained an invalid principal: "STAR":"*".`)
	}
	if !ok || len(kinds) == 0 {
		return nil, malformed("Syntax errors in policy.")
	}
	trusted := map[string]string{}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		names, ok := texts(kinds[kind])
		if !ok || len(names) == 0 {
			return nil, malformed("Syntax errors in policy.")
		}
		for _, name := range names {
			if err := o.checkPrincipal(tx, kind, name, trusted); err != nil {
				return nil, err
			}
		}
	}
	return trusted, nil
}

// checkPrincipal looks one principal up, and adds it to trusted if it is a role.
func (o owner) checkPrincipal(tx *store.Tx, kind, name string, trusted map[string]string) error {
	switch {
	case kind == "Service" && slices.Contains(principals(), name):
		return nil
	case kind == "Service":
		return malformed(`Invalid principal in policy: "SERVICE":"%s" (plldb's local cloud models %s)`,
			name, strings.Join(principals(), ", "))
	case kind == "Federated":
		return malformed("plldb's local cloud does not model federated principals: %q", name)
	case kind != "AWS":
		return malformed(`Invalid principal in policy: "%s":"%s"`, strings.ToUpper(kind), name)
	case name == "*" || accountPattern.MatchString(name):
		return nil
	}
	return o.checkARN(tx, name, trusted)
}

// checkARN looks up a principal of an account. A role must be there when it is named, in this account or in another:
// IAM keeps its unique id in place of its name (hashicorp/terraform-provider-aws#8905).
func (o owner) checkARN(tx *store.Tx, arn string, trusted map[string]string) error {
	parts := principalPattern.FindStringSubmatch(arn)
	if parts == nil || parts[1] != o.Partition {
		return malformed(`Invalid principal in policy: "AWS":"%s"`, arn)
	}
	service, kind, name := parts[2], parts[4], parts[5]
	switch {
	case service == "iam" && kind == "root" && name == "":
		return nil
	case service == "iam" && kind == "role":
		r, ok := roleOf(tx, arn)
		if !ok {
			return malformed(`Invalid principal in policy: "AWS":"%s"`, arn)
		}
		trusted[arn] = r.ID
		return nil
	}
	return malformed("plldb's local cloud does not model principals of the kind %s: %q", kind, arn)
}

// trustNow is a role's trust policy as it is today. A role that was trusted and is gone stands in it as its unique id,
// also if another has been made with its name: that one is not trusted.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
func trustNow(tx *store.Tx, r role) document {
	gone := map[string]string{}
	for arn, id := range r.Trusted {
		if now, ok := roleOf(tx, arn); !ok || now.ID != id {
			gone[arn] = id
		}
	}
	if len(gone) == 0 {
		return r.Trust
	}
	value := r.Trust.value()
	list, isList := value.(map[string]any)["Statement"].([]any)
	if !isList {
		list = []any{value.(map[string]any)["Statement"]}
	}
	for _, s := range list {
		replace(s.(map[string]any)["Principal"].(map[string]any), gone)
	}
	return document(textOf(value))
}

// replace puts unique ids in the place of ARNs.
func replace(principal map[string]any, ids map[string]string) {
	if id, ok := ids[plain(principal["AWS"])]; ok {
		principal["AWS"] = id
	}
	list, _ := principal["AWS"].([]any)
	for i, one := range list {
		if id, ok := ids[plain(one)]; ok {
			list[i] = id
		}
	}
}

func plain(value any) string {
	text, _ := value.(string)
	return text
}
