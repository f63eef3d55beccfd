package s3

import (
	"net/http"
	"slices"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/resource"
)

// lifecycle is a lifecycle configuration. It is checked and kept; nothing is expired or moved by it.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
type lifecycle struct {
	Rule []lifecycleRule
}

type lifecycleRule struct {
	ID                             string `xml:",omitempty"`
	Status                         string
	Prefix                         *string               `xml:",omitempty"` // the old form
	Filter                         *lifecycleFilter      `xml:",omitempty"`
	Expiration                     *expiration           `xml:",omitempty"`
	NoncurrentVersionExpiration    *noncurrentExpiration `xml:",omitempty"`
	AbortIncompleteMultipartUpload *abortUpload          `xml:",omitempty"`
	Transition                     []transition          `xml:",omitempty"`
	NoncurrentVersionTransition    []noncurrentMove      `xml:",omitempty"`
}

type lifecycleFilter struct {
	Prefix                *string       `xml:",omitempty"`
	Tag                   *tag          `xml:",omitempty"`
	ObjectSizeGreaterThan *int64        `xml:",omitempty"`
	ObjectSizeLessThan    *int64        `xml:",omitempty"`
	And                   *lifecycleAnd `xml:",omitempty"`
}

// lifecycleAnd is what And joins.
type lifecycleAnd struct {
	Prefix                *string `xml:",omitempty"`
	Tag                   []tag   `xml:",omitempty"`
	ObjectSizeGreaterThan *int64  `xml:",omitempty"`
	ObjectSizeLessThan    *int64  `xml:",omitempty"`
}

type expiration struct {
	Date                      *time.Time `xml:",omitempty"`
	Days                      *int32     `xml:",omitempty"`
	ExpiredObjectDeleteMarker *bool      `xml:",omitempty"`
}

type noncurrentExpiration struct {
	NoncurrentDays          *int32 `xml:",omitempty"`
	NewerNoncurrentVersions *int32 `xml:",omitempty"`
}

type abortUpload struct {
	DaysAfterInitiation *int32 `xml:",omitempty"`
}

type transition struct {
	Date         *time.Time `xml:",omitempty"`
	Days         *int32     `xml:",omitempty"`
	StorageClass string
}

type noncurrentMove struct {
	NoncurrentDays          *int32 `xml:",omitempty"`
	NewerNoncurrentVersions *int32 `xml:",omitempty"`
	StorageClass            string
}

// check is that of https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html; the order in which
// S3 finds several mistakes is unverified.
func (l *lifecycle) check() error {
	if len(l.Rule) == 0 || len(l.Rule) > 1000 {
		return malformedXML()
	}
	ids := map[string]bool{}
	for i := range l.Rule {
		rule := &l.Rule[i]
		if rule.ID == "" { // S3 makes one up
			rule.ID = resource.Random(48)
		}
		if ids[rule.ID] {
			return badRequest("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
		}
		ids[rule.ID] = true
		if err := rule.check(); err != nil {
			return err
		}
	}
	old := func(rule lifecycleRule) bool { return rule.Filter == nil }
	if slices.ContainsFunc(l.Rule, old) && slices.ContainsFunc(l.Rule, func(r lifecycleRule) bool { return !old(r) }) {
		return invalidRequest("Base level prefix cannot be used in V2, prefixes are only supported in the Filter.")
	}
	return nil
}

func (rule *lifecycleRule) check() error {
	switch {
	case len(rule.ID) > 255:
		return badRequest("InvalidArgument", "ID length should not exceed allowed limit of 255")
	case rule.Status != "Enabled" && rule.Status != "Disabled", (rule.Prefix == nil) == (rule.Filter == nil):
		return malformedXML()
	case !rule.acts():
		return invalidRequest("At least one action needs to be specified in a rule")
	case rule.Filter != nil && !rule.Filter.valid():
		return malformedXML()
	}
	for _, err := range []error{rule.Expiration.check(), rule.checkNoncurrent(), rule.checkAbort(), rule.checkMoves()} {
		if err != nil {
			return err
		}
	}
	return nil
}

func (rule *lifecycleRule) acts() bool {
	return rule.Expiration != nil || rule.NoncurrentVersionExpiration != nil ||
		rule.AbortIncompleteMultipartUpload != nil ||
		len(rule.Transition) > 0 || len(rule.NoncurrentVersionTransition) > 0
}

// valid: a filter says one thing; more than one stand in And.
func (f *lifecycleFilter) valid() bool {
	n := 0
	for _, is := range []bool{
		f.Prefix != nil, f.Tag != nil, f.ObjectSizeGreaterThan != nil, f.ObjectSizeLessThan != nil, f.And != nil,
	} {
		if is {
			n++
		}
	}
	return n <= 1
}

func (e *expiration) check() error {
	if e == nil {
		return nil
	}
	n := 0
	for _, is := range []bool{e.Date != nil, e.Days != nil, e.ExpiredObjectDeleteMarker != nil} {
		if is {
			n++
		}
	}
	switch {
	case n != 1:
		return malformedXML()
	case e.Days != nil && *e.Days < 1:
		return positive("Days", "Expiration")
	case e.Date != nil && !midnight(*e.Date):
		return badRequest("InvalidArgument", "'Date' must be at midnight GMT")
	}
	return nil
}

func midnight(t time.Time) bool { return t.Equal(t.UTC().Truncate(24 * time.Hour)) }

func positive(name, of string) error {
	return refuse(http.StatusBadRequest, "InvalidArgument", "'"+name+"' for "+of+" action must be a positive integer")
}

func (rule *lifecycleRule) checkNoncurrent() error {
	n := rule.NoncurrentVersionExpiration
	switch {
	case n == nil:
	case n.NoncurrentDays == nil:
		return malformedXML()
	case *n.NoncurrentDays < 1:
		return positive("NoncurrentDays", "NoncurrentVersionExpiration")
	case n.NewerNoncurrentVersions != nil && (*n.NewerNoncurrentVersions < 1 || *n.NewerNoncurrentVersions > 100):
		return badRequest("InvalidArgument", "'NewerNoncurrentVersions' must be between 1 and 100")
	case n.NewerNoncurrentVersions != nil && rule.Filter == nil:
		return invalidRequest("NewerNoncurrentVersions can only be used in rules with a Filter")
	}
	return nil
}

// checkAbort: uploads have no tags.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html#intro-lifecycle-rules-actions
func (rule *lifecycleRule) checkAbort() error {
	a, f := rule.AbortIncompleteMultipartUpload, rule.Filter
	switch {
	case a == nil:
	case a.DaysAfterInitiation == nil:
		return malformedXML()
	case *a.DaysAfterInitiation < 1:
		return positive("DaysAfterInitiation", "AbortIncompleteMultipartUpload")
	case f != nil && (f.Tag != nil || f.And != nil && len(f.And.Tag) > 0):
		return invalidRequest("AbortIncompleteMultipartUpload cannot be specified with Tags.")
	}
	return nil
}

func (rule *lifecycleRule) checkMoves() error {
	for _, t := range rule.Transition {
		if (t.Date == nil) == (t.Days == nil) || !storageClass(t.StorageClass) {
			return malformedXML()
		}
	}
	for _, t := range rule.NoncurrentVersionTransition {
		if t.NoncurrentDays == nil || !storageClass(t.StorageClass) {
			return malformedXML()
		}
	}
	return nil
}

func storageClass(name string) bool {
	return slices.Contains(
		[]string{"GLACIER", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "DEEP_ARCHIVE", "GLACIER_IR"}, name)
}
