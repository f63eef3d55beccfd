package stack

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	// unauthorized finds the action in IAM's own sentence, and called in what CloudFormation puts before some sentences.
	unauthorized = regexp.MustCompile(`not authorized to perform:? ([A-Za-z0-9-]+:[A-Za-z0-9*]+)`)
	called       = regexp.MustCompile(`^API: ([A-Za-z0-9-]+:[A-Za-z0-9*]+)`)
	// quota finds the name of a quota in IAM's sentence.
	quota = regexp.MustCompile(`quota for (\w+)`)
)

// hintFor says what to do about a reason, as CloudFormation gives it. Without one of its own it is otherwise.
func hintFor(reason, otherwise string) string {
	low := strings.ToLower(reason)
	if h := among(firstHints(), low); h != "" {
		return h
	}
	if m := unauthorized.FindStringSubmatch(reason); m != nil {
		return denialHint(low, m[1])
	}
	if m := quota.FindStringSubmatch(reason); m != nil {
		return "raise the quota " + m[1] + " in Service Quotas or free some of it, then try again"
	}
	for _, table := range [][]hint{serviceHints(), policyHints(), refusalHints(), troubleHints()} {
		if h := among(table, low); h != "" {
			return h
		}
	}
	if !containsAny(low, "access denied", "accessdenied", "unauthorized", "not authorized", "forbidden", "explicit deny") {
		return otherwise
	}
	if m := called.FindStringSubmatch(reason); m != nil {
		return denialHint(low, m[1])
	}
	return denialHint(low, "it")
}

// hint is what to do when a reason holds one of the texts, in lower case.
type hint struct {
	hint  string
	texts []string
}

// among is the first hint of which the reason holds a text.
func among(hints []hint, low string) string {
	for _, h := range hints {
		if containsAny(low, h.texts...) {
			return h.hint
		}
	}
	return ""
}

// denialHint says who has to allow an action. IAM names the kind of policy that denies it, by an allow that is missing
// or by an explicit deny: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
func denialHint(low, action string) string {
	if strings.Contains(low, "encoded authorization failure message") {
		return "the message in the stack's events tells what was denied: aws sts decode-authorization-message " +
			"--encoded-message …; allow that, then try again"
	}
	for _, layer := range []struct{ text, hint string }{
		{"service control policy", "a policy of the organization denies %s: have it allowed there, or use another account"},
		{"resource control policy", "a policy of the organization denies %s: have it allowed there, or use another account"},
		{"permissions boundary", "a permissions boundary denies %s: have it widened, or use other credentials"},
		{"session policy", "the session of these credentials was limited and denies %s: sign in without that limit"},
		{"vpc endpoint policy", "the policy of the VPC endpoint denies %s: have it allowed there"},
		{"resource-based policy", "the policy on that resource denies %s: have it allowed there"},
		{"explicit deny", "a policy denies %s, and a deny outweighs every allow: take it away, or use other credentials"},
	} {
		if strings.Contains(low, layer.text) {
			return fmt.Sprintf(layer.hint, action) + ", then try again"
		}
	}
	return "allow " + action + " to these credentials, or use others, then try again"
}
