package s3

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// subject is what a policy judges.
type subject struct {
	account  string // "" is nobody
	owner    string // of the bucket
	secure   bool
	action   string // "s3:GetObject"
	resource string // an ARN
}

// judge says whether the policy allows the subject, and whether it denies it, which is stronger.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
func (p policy) judge(s subject) (allows, denies bool) {
	for _, st := range p.Statement {
		if !st.about(s) {
			continue
		}
		allows = allows || st.Effect == "Allow"
		denies = denies || st.Effect == "Deny"
	}
	return allows, denies
}

func (st statement) about(s subject) bool {
	return st.names(s.account) && matchesAny(st.Action, s.action, true) && matchesAny(st.Resource, s.resource, false) &&
		st.holds(s)
}

// names says whether an account is among the principals. A service never calls here in its own name.
func (st statement) names(account string) bool {
	for _, word := range (*st.Principal)["AWS"] {
		if word == "*" || account != "" && accountOf(word) == account {
			return true
		}
	}
	return false
}

var (
	accountID = regexp.MustCompile(`^\d{12}$`)
	rootARN   = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(\d{12}):root$`)
)

// accountOf is the account that a principal stands for, "" where it is not a whole account.
func accountOf(principal string) string {
	if accountID.MatchString(principal) {
		return principal
	}
	if found := rootARN.FindStringSubmatch(principal); found != nil {
		return found[1]
	}
	return ""
}

// holds: all conditions, of each any value.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
func (st statement) holds(s subject) bool {
	for operator, keys := range st.Condition {
		for key, values := range keys {
			value, ok := s.value(key)
			if !ok || !compare(operator, values, value) {
				return false
			}
		}
	}
	return true
}

// value is that of a condition key; nobody has no account. Keys do not tell capitals apart.
func (s subject) value(key string) (string, bool) {
	switch strings.ToLower(key) {
	case "aws:securetransport":
		return strconv.FormatBool(s.secure), true
	case "aws:principalaccount":
		return s.account, s.account != ""
	case "aws:resourceaccount", "s3:resourceaccount":
		return s.owner, true
	}
	return "", false
}

func compare(operator string, values words, value string) bool {
	for _, want := range values {
		switch {
		case operator == "StringLike" && wire.Like(want, value),
			operator == "StringEquals" && want == value,
			operator == "Bool" && strings.EqualFold(want, value):
			return true
		}
	}
	return false
}

func matchesAny(patterns words, text string, fold bool) bool {
	for _, pattern := range patterns {
		if fold {
			pattern, text = strings.ToLower(pattern), strings.ToLower(text)
		}
		if wire.Like(pattern, text) {
			return true
		}
	}
	return false
}
