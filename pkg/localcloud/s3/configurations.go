package s3

import (
	"net/http"
	"slices"
	"strings"
)

// The elements of the configurations, as they come and as they are given back.
const (
	versioningRoot   = "VersioningConfiguration"
	publicAccessRoot = "PublicAccessBlockConfiguration"
	ownershipRoot    = "OwnershipControls"
	encryptionRoot   = "ServerSideEncryptionConfiguration"
	taggingRoot      = "Tagging"
)

type versioning struct {
	Status    string `xml:",omitempty"`
	MfaDelete string `xml:",omitempty"`
}

func getVersioning(b *bucket) (any, error) { return versioning{Status: b.Versioning}, nil }

// putVersioning: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html
func (s *Service) putVersioning(r *request, b *bucket, in versioning) error {
	if in.MfaDelete != "" {
		return notModelled("MFA delete")
	}
	switch in.Status {
	case "":
		return refuse(http.StatusBadRequest, "IllegalVersioningConfigurationException",
			"The Versioning element must be specified")
	case "Enabled", "Suspended":
	default:
		return malformedXML()
	}
	if in.Status == "Enabled" && b.Turned.IsZero() {
		b.Turned = r.Time
		b.Lets = s.clock.Due(r.Time, s.takes())
	}
	b.Versioning = in.Status
	return nil
}

type publicAccess struct {
	BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets bool
}

func getPublicAccess(b *bucket) (any, error) {
	if b.PublicAccess == nil {
		return nil, missing("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found", b)
	}
	return b.PublicAccess, nil
}

// putPublicAccess: what is left out is false.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html
func putPublicAccess(_ *request, b *bucket, in publicAccess) error {
	b.PublicAccess = &in
	return nil
}

type ownership struct {
	Rule []struct{ ObjectOwnership string }
}

func getOwnership(b *bucket) (any, error) {
	if b.Ownership == "" {
		return nil, missing("OwnershipControlsNotFoundError", "The bucket ownership controls were not found", b)
	}
	return ownership{[]struct{ ObjectOwnership string }{{b.Ownership}}}, nil
}

func putOwnership(_ *request, b *bucket, in ownership) error {
	if len(in.Rule) != 1 || !goodOwnership(in.Rule[0].ObjectOwnership) {
		return malformedXML()
	}
	b.Ownership = in.Rule[0].ObjectOwnership
	return nil
}

// ownerEnforced is the ownership that leaves no room for ACLs.
const ownerEnforced = "BucketOwnerEnforced"

func goodOwnership(s string) bool {
	return s == ownerEnforced || s == "BucketOwnerPreferred" || s == "ObjectWriter"
}

// encryption is the default encryption of a bucket.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionRule.html
type encryption struct {
	Rule []encryptionRule
}

type encryptionRule struct {
	ApplyServerSideEncryptionByDefault *encryptionDefault     `xml:",omitempty"`
	BucketKeyEnabled                   *bool                  `xml:",omitempty"`
	BlockedEncryptionTypes             *blockedEncryptionType `xml:",omitempty"`
}

type encryptionDefault struct {
	SSEAlgorithm   string
	KMSMasterKeyID string `xml:",omitempty"`
}

type blockedEncryptionType struct {
	EncryptionType []string
}

// unset is the encryption of a bucket that nobody set one for: S3's own keys since January 2023, and customers' keys
// refused since April 2026.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-s3-c-encryption-setting-faq.html
func unset() encryption {
	return encryption{[]encryptionRule{{
		ApplyServerSideEncryptionByDefault: &encryptionDefault{SSEAlgorithm: aes256},
		BucketKeyEnabled:                   new(bool),
		BlockedEncryptionTypes:             &blockedEncryptionType{[]string{"SSE-C"}},
	}}}
}

// getEncryption always finds one: ServerSideEncryptionConfigurationNotFoundError is of the years before 2023.
func getEncryption(b *bucket) (any, error) { return b.Encryption, nil }

func putEncryption(_ *request, b *bucket, in encryption) error {
	if len(in.Rule) != 1 {
		return malformedXML()
	}
	rule := &in.Rule[0]
	if d := rule.ApplyServerSideEncryptionByDefault; d == nil {
		rule.ApplyServerSideEncryptionByDefault = &encryptionDefault{SSEAlgorithm: aes256}
	} else if err := d.check(); err != nil {
		return err
	}
	if blocked := rule.BlockedEncryptionTypes; blocked != nil && slices.ContainsFunc(blocked.EncryptionType, unknownType) {
		return malformedXML()
	}
	if rule.BucketKeyEnabled == nil {
		rule.BucketKeyEnabled = new(bool)
	}
	b.Encryption = in
	return nil
}

func unknownType(name string) bool { return name != "NONE" && name != "SSE-C" }

func (d *encryptionDefault) check() error {
	switch {
	case d.SSEAlgorithm == "aws:kms:dsse":
		return notModelled("dual-layer encryption (aws:kms:dsse)")
	case d.SSEAlgorithm != aes256 && d.SSEAlgorithm != kms:
		return malformedXML()
	case d.SSEAlgorithm == aes256 && d.KMSMasterKeyID != "":
		return invalidArgument(
			"a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
			"ApplyServerSideEncryptionByDefault", d.SSEAlgorithm)
	}
	return nil
}

type tag struct{ Key, Value string }

type tagging struct {
	TagSet *struct{ Tag []tag }
}

func getTags(b *bucket) (any, error) {
	if b.Tags == nil {
		return nil, missing("NoSuchTagSet", "The TagSet does not exist", b)
	}
	return tagging{&struct{ Tag []tag }{b.Tags}}, nil
}

// putTags: an empty set is none.
func putTags(_ *request, b *bucket, in tagging) error {
	if in.TagSet == nil {
		return malformedXML()
	}
	b.Tags = in.TagSet.Tag
	return goodTags(b.Tags)
}

// goodTags: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html
func goodTags(tags []tag) error {
	if len(tags) > 50 {
		return badRequest("BadRequest", "Bucket tag count cannot be greater than 50")
	}
	seen := map[string]bool{}
	for _, t := range tags {
		switch {
		case t.Key == "" || len([]rune(t.Key)) > 128:
			return badRequest("InvalidTag", "The TagKey you have provided is invalid")
		case len([]rune(t.Value)) > 256:
			return badRequest("InvalidTag", "The TagValue you have provided is invalid")
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return badRequest("InvalidTag", "System tags cannot be added/updated by requester")
		case seen[t.Key]:
			return badRequest("InvalidTag", "Cannot provide multiple Tags with the same key")
		}
		seen[t.Key] = true
	}
	return nil
}
