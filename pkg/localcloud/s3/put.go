package s3

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

// LongestObject is how many bytes PutObject takes. AWS takes 5 GB.
const LongestObject = 100 << 20

const longestMeta = 2 << 10 // bytes of names and values together

// putObject: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
func (s *Service) putObject(ctx context.Context, r *request) error {
	if err := s.mayPut(ctx, r); err != nil {
		return err
	}
	v, err := r.version()
	if err != nil {
		return err
	}
	in, err := receive(r, LongestObject)
	if err != nil {
		return err
	}
	draft, err := s.store.Draft(in)
	if err != nil {
		return err
	}
	defer func() { _ = draft.Discard() }() // a file that is left over harms nobody
	if err := in.verify(); err != nil {
		return err
	}
	v.Sum, v.Size, v.ETag = draft.Sum, draft.Size, hex.EncodeToString(in.md5.Sum(nil))
	v.Algorithm, v.Checksum = in.algorithm, in.checksum()
	err = s.store.Update(ctx, func(tx *store.Tx) error { return s.keepObject(tx, r, &v, draft) })
	if err == nil {
		v.tellKept(r.w.Header())
	}
	return err
}

// mayPut asks before the body is read.
func (s *Service) mayPut(ctx context.Context, r *request) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		b, err := s.admit(tx, r)
		if err != nil {
			return err
		}
		return b.takesACL(r.Header.Get("x-amz-acl"))
	})
}

// takesACL: where the bucket's owner owns all objects, one ACL says what is so anyway. Elsewhere an ACL counts.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
func (b *bucket) takesACL(acl string) error {
	switch {
	case acl == "" || b.Ownership == ownerEnforced && acl == "bucket-owner-full-control":
		return nil
	case b.Ownership == ownerEnforced:
		return refuse(http.StatusBadRequest, "AccessControlListNotSupported", "The bucket does not allow ACLs")
	}
	return notModelled("x-amz-acl where object ownership is not %s", ownerEnforced)
}

// keepObject writes the version.
func (s *Service) keepObject(tx *store.Tx, r *request, v *version, draft *store.Draft) error {
	b, err := s.admit(tx, r)
	if err != nil {
		return err
	}
	if err := b.takesACL(r.Header.Get("x-amz-acl")); err != nil {
		return err
	}
	if err := r.mayReplace(versionsOf(tx, b, r.key)); err != nil {
		return err
	}
	if err := v.encrypt(b, r); err != nil {
		return err
	}
	store.Keep(tx, draft)
	v.ID = b.place(tx, r)
	if b.state(r.Time) == "Enabled" && r.Time.Before(b.Lets) {
		v.Seen = b.Lets
	}
	v.ID = keep(tx, b, r.key, *v)
	return nil
}

// tellKept: a suspended bucket's answer does not name "null".
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html#API_PutObject_Examples
func (v *version) tellKept(h http.Header) {
	h.Set("ETag", strconv.Quote(v.ETag))
	h.Set(checksumHeader+strings.ToLower(v.Algorithm), v.Checksum)
	h.Set(checksumHeader+"type", "FULL_OBJECT")
	v.tellEncryption(h)
	if v.ID != nullVersion {
		h.Set("x-amz-version-id", v.ID)
	}
}

// place makes room for a new version or marker: where the bucket does not version it is "null", and takes the place of
// the one that is there. "" is one with an id of its own.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/AddingObjectstoVersionSuspendedBuckets.html
func (b *bucket) place(tx *store.Tx, r *request) string {
	if b.state(r.Time) == "Enabled" {
		return ""
	}
	dropNull(tx, b, r.key)
	return nullVersion
}

func dropNull(tx *store.Tx, b *bucket, key string) {
	for _, e := range versionsOf(tx, b, key) {
		if e.ID == nullVersion {
			drop(tx, e)
		}
	}
}

// mayReplace judges the conditions of a write against the newest version.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
func (r *request) mayReplace(there []entry) error {
	match, none := r.Header.Get("If-Match"), r.Header.Get("If-None-Match")
	exists := len(there) > 0 && !there[0].Marker
	switch {
	case match != "" && none != "", none != "" && none != "*":
		return notModelled("If-None-Match: %s in PutObject", none)
	case none != "" && exists:
		return preconditionFailed("If-None-Match")
	case match == "":
		return nil
	case !exists:
		return noSuchKey(r.key)
	case strings.Trim(match, `"`) != there[0].ETag:
		return preconditionFailed("If-Match")
	}
	return nil
}

// version is what the headers say of the object.
func (r *request) version() (version, error) {
	v := version{Modified: r.Time.Truncate(time.Second), Headers: map[string]string{}}
	if class := r.Header.Get("x-amz-storage-class"); class != "" && class != "STANDARD" {
		return v, notModelled("the storage class %s", class)
	}
	meta := 0
	for name, values := range r.Header {
		name = strings.ToLower(name)
		if rest, ok := strings.CutPrefix(name, metaPrefix); ok {
			meta += len(rest) + len(values[0])
		} else if !slices.Contains(kept(), name) {
			continue
		}
		v.Headers[name] = strings.Join(values, ",")
		if !ascii(v.Headers[name]) {
			return v, notModelled("values of %s that are not US-ASCII", name)
		}
	}
	if meta > longestMeta {
		return v, refuse(http.StatusBadRequest, "MetadataTooLarge",
			"Your metadata headers exceed the maximum allowed metadata size", field("Size", strconv.Itoa(meta)),
			field("MaxSizeAllowed", strconv.Itoa(longestMeta)))
	}
	v.plainContent()
	return v, nil
}

// ascii: S3 takes other characters in metadata, and gives them back in an encoding of RFC 2047.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
func ascii(value string) bool {
	return !strings.ContainsFunc(value, func(c rune) bool { return c > unicode.MaxASCII })
}

// kept are the headers that come back as they were sent.
func kept() []string {
	return []string{
		"content-type", "content-encoding", "content-disposition", "content-language", "cache-control", "expires",
	}
}

// plainContent: a type is always there, and aws-chunked is how the bytes came, not what they are.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
func (v *version) plainContent() {
	if v.Headers["content-type"] == "" {
		v.Headers["content-type"] = "binary/octet-stream"
	}
	var encodings []string
	for _, one := range strings.Split(v.Headers["content-encoding"], ",") {
		if one = strings.TrimSpace(one); one != "" && one != "aws-chunked" {
			encodings = append(encodings, one)
		}
	}
	delete(v.Headers, "content-encoding")
	if len(encodings) > 0 {
		v.Headers["content-encoding"] = strings.Join(encodings, ",")
	}
}

// encrypt takes the request's encryption, or the bucket's. Keys of KMS are named and not looked for.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-kms-encryption.html
func (v *version) encrypt(b *bucket, r *request) error {
	const header = "x-amz-server-side-encryption"
	v.Encryption, v.KMSKey = r.Header.Get(header), r.Header.Get(header+"-aws-kms-key-id")
	rule := b.Encryption.Rule[0]
	v.BucketKey = *rule.BucketKeyEnabled
	if text := r.Header.Get(header + "-bucket-key-enabled"); text != "" {
		v.BucketKey = strings.EqualFold(text, "true")
	}
	switch {
	case v.Encryption == "" && v.KMSKey != "", v.Encryption == aes256 && v.KMSKey != "":
		return invalidArgument("Server Side Encryption with AWS KMS managed key requires HTTP header "+
			"x-amz-server-side-encryption : aws:kms", header, v.Encryption)
	case v.Encryption == "":
		v.Encryption = rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm
		v.KMSKey = rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID
	case v.Encryption == "aws:kms:dsse":
		return notModelled("dual-layer encryption (aws:kms:dsse)")
	case v.Encryption != aes256 && v.Encryption != kms:
		return invalidArgument("The encryption method specified is not supported", header, v.Encryption)
	}
	if v.Encryption == aes256 {
		v.BucketKey = false
		return nil
	}
	v.KMSKey, v.ETag = b.keyARN(v.KMSKey), fakeETag()
	return nil
}

// keyARN names a key as answers do. "" is the account's key for S3, alias/aws/s3.
func (b *bucket) keyARN(key string) string {
	if strings.HasPrefix(key, "arn:") {
		return key
	}
	if key == "" {
		id := canonicalID(b.Account + b.Region)
		key = fmt.Sprintf("%s-%s-4%s-8%s-%s", id[:8], id[8:12], id[13:16], id[17:20], id[20:32])
	}
	if !strings.HasPrefix(key, "alias/") {
		key = "key/" + key
	}
	return strings.Replace(b.arn(""), ":s3:::"+b.Name, ":kms:"+b.Region+":"+b.Account+":"+key, 1)
}

func (v *version) tellEncryption(h http.Header) {
	h.Set("x-amz-server-side-encryption", v.Encryption)
	if v.KMSKey != "" {
		h.Set("x-amz-server-side-encryption-aws-kms-key-id", v.KMSKey)
	}
	if v.BucketKey {
		h.Set("x-amz-server-side-encryption-bucket-key-enabled", "true")
	}
}
