package store

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/plldb/plldb/pkg/artifact"
)

// What the lifecycle rule keeps: a version that a template may still name is current, or one of the newest five, or
// younger than 90 days (trap 27). A stack that rolls back finds its code.
const (
	ruleID         = "plldb-versions"
	noncurrentDays = 90
	newerVersions  = 5
	abandonedDays  = 7 // multipart uploads; plldb sends none itself
)

// lifecycle sets plldb's rule and leaves the others, except for one thing: a rule with the old top-level Prefix is
// written with the same prefix in its Filter, since S3 takes no configuration that mixes the two forms.
func lifecycle(set Settings, b Bucket) []Change {
	rules := make([]types.LifecycleRule, len(set.Lifecycle))
	for i, rule := range set.Lifecycle {
		rules[i] = withFilter(rule)
	}
	reason := "rule " + ruleID + " is not there"
	i := slices.IndexFunc(rules, func(r types.LifecycleRule) bool { return aws.ToString(r.ID) == ruleID })
	if i < 0 {
		i, rules = len(rules), append(rules, types.LifecycleRule{})
	} else {
		reason = otherThan(rules[i])
	}
	rules[i] = ourRule(rules[i])
	in := &s3.PutBucketLifecycleConfigurationInput{
		Bucket: &b.Name, ExpectedBucketOwner: &b.Account,
		LifecycleConfiguration:             &types.BucketLifecycleConfiguration{Rules: rules},
		TransitionDefaultMinimumObjectSize: set.MinimumSize, // S3 resets it when it is left out
	}
	return change("lifecycle of "+b.Name, reason, in, (*s3.Client).PutBucketLifecycleConfiguration)
}

// withFilter moves a rule's top-level Prefix into its Filter.
func withFilter(rule types.LifecycleRule) types.LifecycleRule {
	//lint:ignore SA1019 S3 still gives rules back in the form in which others once wrote them
	if prefix := rule.Prefix; prefix != nil && rule.Filter == nil {
		rule.Filter = &types.LifecycleRuleFilter{Prefix: prefix}
		//lint:ignore SA1019 see above
		rule.Prefix = nil
	}
	return rule
}

// ourRule is rule with all that plldb sets. It never expires or moves a current version, and leaves delete markers:
// plldb makes none.
func ourRule(rule types.LifecycleRule) types.LifecycleRule {
	rule.ID = aws.String(ruleID)
	rule.Status = types.ExpirationStatusEnabled
	rule.Filter = &types.LifecycleRuleFilter{Prefix: aws.String(artifact.Root)}
	rule.NoncurrentVersionExpiration = &types.NoncurrentVersionExpiration{
		NoncurrentDays:          aws.Int32(noncurrentDays),
		NewerNoncurrentVersions: aws.Int32(newerVersions),
	}
	rule.AbortIncompleteMultipartUpload = &types.AbortIncompleteMultipartUpload{
		DaysAfterInitiation: aws.Int32(abandonedDays),
	}
	rule.Expiration = nil
	rule.Transitions = nil
	return rule
}

// otherThan names the fields of rule that are other than plldb sets them, or returns "".
func otherThan(rule types.LifecycleRule) string {
	var fields []string
	differs := func(name string, is bool) {
		if is {
			fields = append(fields, name)
		}
	}
	versions, uploads := types.NoncurrentVersionExpiration{}, types.AbortIncompleteMultipartUpload{}
	if rule.NoncurrentVersionExpiration != nil {
		versions = *rule.NoncurrentVersionExpiration
	}
	if rule.AbortIncompleteMultipartUpload != nil {
		uploads = *rule.AbortIncompleteMultipartUpload
	}
	differs("Status", rule.Status != types.ExpirationStatusEnabled)
	differs("Filter", !covers(rule.Filter, artifact.Root))
	differs("NoncurrentDays", aws.ToInt32(versions.NoncurrentDays) != noncurrentDays)
	differs("NewerNoncurrentVersions", aws.ToInt32(versions.NewerNoncurrentVersions) != newerVersions)
	differs("DaysAfterInitiation", aws.ToInt32(uploads.DaysAfterInitiation) != abandonedDays)
	differs("Expiration", expires(rule.Expiration))
	differs("Transitions", len(rule.Transitions) > 0)
	if fields == nil {
		return ""
	}
	return "other than plldb sets it: " + strings.Join(fields, ", ")
}

// covers says whether a filter takes exactly the objects under prefix.
func covers(f *types.LifecycleRuleFilter, prefix string) bool {
	return f != nil && aws.ToString(f.Prefix) == prefix &&
		f.And == nil && f.Tag == nil && f.ObjectSizeGreaterThan == nil && f.ObjectSizeLessThan == nil
}

// expires says whether an expiration, which S3 may return empty, does anything.
func expires(e *types.LifecycleExpiration) bool {
	return e != nil && (e.Date != nil || aws.ToInt32(e.Days) != 0 || aws.ToBool(e.ExpiredObjectDeleteMarker))
}
