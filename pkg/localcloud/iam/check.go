package iam

import (
	"fmt"
	"regexp"
	"strings"
)

// The quotas that are modelled: the defaults. Sizes of policies are in characters, white space not counted.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const (
	longestRole     = 64
	longestPolicy   = 128
	longestPath     = 512
	largestTrust    = 2048
	largestPolicies = 10240 // all of a role's inline policies together
	mostTags        = 50

	shortestSession = 3600 // seconds, and the default
	longestSession  = 43200
)

var (
	namePattern        = regexp.MustCompile(`^[\w+=,.@-]+$`)
	pathPattern        = regexp.MustCompile(`^(/|/[\x21-\x7E]+/)$`)
	prefixPattern      = regexp.MustCompile(`^/[\x21-\x7F]*$`)
	descriptionPattern = regexp.MustCompile(`^[\x{09}\x{0A}\x{0D}\x{20}-\x{7E}\x{A1}-\x{FF}]*$`)
	textPattern        = regexp.MustCompile(`^[\x{09}\x{0A}\x{0D}\x{20}-\x{FF}]+$`)
)

// constraint is how IAM says that a parameter is not what its model asks for.
func constraint(value, parameter, must string) error {
	return invalid("1 validation error detected: Value %s at '%s' failed to satisfy constraint: Member must %s",
		value, parameter, must)
}

// checkName refuses what is no name of a role or policy.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
func checkName(parameter, name string, longest int) error {
	switch {
	case name == "":
		return constraint("null", parameter, "not be null")
	case len(name) > longest:
		return constraint("'"+name+"'", parameter, fmt.Sprintf("have length less than or equal to %d", longest))
	case !namePattern.MatchString(name):
		return invalid("The specified value for %s is invalid. "+
			"It must contain only alphanumeric characters and/or the following: +=,.@_-", parameter)
	}
	return nil
}

// checkPath refuses what is no path. The words are unverified.
func checkPath(parameter, path string) error {
	if len(path) > longestPath {
		return constraint("'"+path+"'", parameter, fmt.Sprintf("have length less than or equal to %d", longestPath))
	}
	if !pathPattern.MatchString(path) {
		return invalid("The specified value for %s is invalid. It must begin and end with / "+
			"and contain only alphanumeric characters and/or / characters.", parameter)
	}
	return nil
}

func checkPrefix(prefix string) error {
	if len(prefix) > longestPath || !prefixPattern.MatchString(prefix) {
		return constraint("'"+prefix+"'", "pathPrefix", `satisfy regular expression pattern: \u002F[\u0021-\u007F]*`)
	}
	return nil
}

func checkDescription(text string) error {
	if n := len([]rune(text)); n > 1000 {
		return constraint("'"+text+"'", "description", "have length less than or equal to 1000")
	}
	if !descriptionPattern.MatchString(text) {
		return constraint("'"+text+"'", "description",
			`satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*`)
	}
	return nil
}

func checkSession(seconds int) error {
	value := fmt.Sprintf("'%d'", seconds)
	if seconds < shortestSession {
		return constraint(value, "maxSessionDuration", fmt.Sprintf("have value greater than or equal to %d", shortestSession))
	}
	if seconds > longestSession {
		return constraint(value, "maxSessionDuration", fmt.Sprintf("have value less than or equal to %d", longestSession))
	}
	return nil
}

// checkText refuses what cannot be a policy document, before it is read.
func checkText(parameter, text string) error {
	switch {
	case text == "":
		return constraint("null", parameter, "not be null")
	case len(text) > 131072:
		return constraint("'...'", parameter, "have length less than or equal to 131072")
	case !textPattern.MatchString(text):
		return invalid("The specified value for %s is invalid. It must contain only printable ASCII characters.", parameter)
	}
	return nil
}

// checkTags refuses tags that a caller may not set. Which characters they may have is not checked.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
func checkTags(tags map[string]string) error {
	if len(tags) > mostTags {
		return exceeded("Cannot exceed quota for TagsPerRole: %d", mostTags) // the words are unverified
	}
	for name, value := range tags {
		switch {
		case name == "" || len([]rune(name)) > 128:
			return constraint("'"+name+"'", "tags.1.member.key", "have length between 1 and 128")
		case len([]rune(value)) > 256:
			return constraint("'"+value+"'", "tags.1.member.value", "have length less than or equal to 256")
		case strings.HasPrefix(strings.ToLower(name), "aws:"): // the words are unverified
			return invalid("Tag keys beginning with aws: are reserved for AWS: %s", name)
		}
	}
	return nil
}
