package s3

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// buckets is the table of buckets, by name: the name is one for all accounts and regions. (In AWS each partition has
// names of its own; here they share them.)
const buckets = "s3.buckets"

const defaultRegion = "us-east-1"

// bucket is a bucket and its settings. What is not set is empty.
type bucket struct {
	Name, Account, Region string
	Location              string // the location constraint that it was made with
	Created               time.Time

	Versioning   string    // "", "Enabled", "Suspended"
	Turned, Lets time.Time // when versioning was first enabled, and from when on the bucket does version
	PublicAccess *publicAccess
	Ownership    string
	Encryption   encryption
	Policy       string // JSON
	Lifecycle    *lifecycle
	MinimumSize  string // TransitionDefaultMinimumObjectSize
	Tags         []tag
}

func find(tx *store.Tx, name string) (*bucket, bool) {
	b, ok := store.Get[bucket](tx, buckets, name)
	return &b, ok
}

func (b *bucket) save(tx *store.Tx) { store.Put(tx, buckets, b.Name, *b) }

// arn is the bucket's, or with a key that of an object.
func (b *bucket) arn(key string) string {
	arn := "arn:" + (&wire.Call{Region: b.Region}).Partition() + ":s3:::" + b.Name
	if key != "" {
		arn += "/" + key
	}
	return arn
}

// canonicalID stands for an account in answers.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/finding-canonical-user-id.html
func canonicalID(account string) string {
	sum := sha256.Sum256([]byte("canonical user " + account))
	return hex.EncodeToString(sum[:])
}

type createBucketConfiguration struct {
	LocationConstraint *string
	Tags               *struct {
		Tag []tag
	}
}

func (s *Service) createBucket(ctx context.Context, r *request) error {
	if r.Account == "" {
		return accessDenied()
	}
	if err := goodName(r.bucket); err != nil {
		return err
	}
	b := &bucket{
		Name: r.bucket, Account: r.Account, Created: r.Time.Truncate(time.Second),
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
		PublicAccess: &publicAccess{true, true, true, true},
		Encryption:   unset(),
	}
	if err := b.configure(r); err != nil {
		return err
	}
	err := s.store.Update(ctx, func(tx *store.Tx) error { return b.create(tx) })
	if err != nil {
		return err
	}
	r.w.Header().Set("Location", "/"+b.Name)
	return nil
}

// configure reads the headers and the body of CreateBucket.
func (b *bucket) configure(r *request) error {
	b.Ownership = r.Header.Get("x-amz-object-ownership")
	if b.Ownership == "" {
		b.Ownership = ownerEnforced
	}
	if !goodOwnership(b.Ownership) {
		return invalidArgument("Invalid x-amz-object-ownership header: "+b.Ownership, "x-amz-object-ownership", b.Ownership)
	}
	var in createBucketConfiguration
	body, err := document(r, longestDocument)
	if err != nil {
		return err
	}
	if len(body) > 0 {
		if err := read(body, "CreateBucketConfiguration", &in); err != nil {
			return err
		}
	}
	if in.Tags != nil {
		if err := goodTags(in.Tags.Tag); err != nil {
			return err
		}
		b.Tags = in.Tags.Tag
	}
	return b.locate(r.Region, in.LocationConstraint)
}

// locate: us-east-1 is the region without a constraint, and none that can be named. A request to us-east-1 may make a
// bucket anywhere; one to another region only there, and must say so.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
// https://github.com/vmware-tanzu/velero/issues/284
func (b *bucket) locate(signed string, constraint *string) error {
	wanted := ""
	if constraint != nil {
		wanted = *constraint
	}
	b.Location, b.Region = wanted, wanted
	if wanted == "EU" {
		b.Region = "eu-west-1"
	}
	switch {
	case wanted == defaultRegion || wanted != "" && !wire.IsRegion(b.Region):
		return refuse(http.StatusBadRequest, "InvalidLocationConstraint",
			"The specified location-constraint is not valid", field("LocationConstraint", wanted))
	case signed == defaultRegion && wanted == "":
		b.Region = defaultRegion
	case signed == defaultRegion || signed == b.Region:
	case wanted == "":
		return illegalLocation("unspecified")
	default:
		return illegalLocation(wanted)
	}
	return nil
}

func illegalLocation(what string) *wire.Error {
	return wire.Errorf(http.StatusBadRequest, "IllegalLocationConstraintException",
		"The %s location constraint is incompatible for the region specific endpoint this request was sent to.", what)
}

// create: a name is taken, or one's own. Asked again in us-east-1, S3 answers as if it had made one's own bucket anew.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html#API_CreateBucket_Errors
func (b *bucket) create(tx *store.Tx) error {
	there, ok := find(tx, b.Name)
	switch {
	case !ok:
		b.save(tx)
		return nil
	case there.Account != b.Account:
		return refuse(http.StatusConflict, "BucketAlreadyExists", "The requested bucket name is not available. "+
			"The bucket namespace is shared by all users of the system. Please select a different name and try again.",
			field("BucketName", b.Name))
	case there.Region == defaultRegion && b.Region == defaultRegion:
		return nil
	}
	return refuse(http.StatusConflict, "BucketAlreadyOwnedByYou",
		"Your previous request to create the named bucket succeeded and you already own it.", field("BucketName", b.Name))
}

var (
	bucketName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{1,61})[a-z0-9]$`)
	ipAddress  = regexp.MustCompile(`^\d{1,3}(\.\d{1,3}){3}$`)
)

// goodName: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html. Names that end in -an belong
// to the account-regional namespaces, which are not modelled.
func goodName(name string) error {
	if strings.HasSuffix(name, "-an") {
		return notModelled("account-regional namespaces, which %s would be in", name)
	}
	begins := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
	ends := func(suffix string) bool { return strings.HasSuffix(name, suffix) }
	if bucketName.MatchString(name) && !ipAddress.MatchString(name) && !strings.Contains(name, "..") &&
		!slices.ContainsFunc([]string{"xn--", "sthree-", "amzn-s3-demo-"}, begins) &&
		!slices.ContainsFunc([]string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"}, ends) {
		return nil
	}
	return refuse(http.StatusBadRequest, "InvalidBucketName", "The specified bucket is not valid.",
		field("BucketName", name))
}

func (s *Service) headBucket(ctx context.Context, r *request) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		_, err := s.admit(tx, r)
		return err
	})
}

func (s *Service) deleteBucket(ctx context.Context, r *request) error {
	err := s.store.Update(ctx, func(tx *store.Tx) error {
		b, err := s.admit(tx, r)
		if err != nil {
			return err
		}
		if full(tx, b) {
			message := "The bucket you tried to delete is not empty"
			if b.Versioning != "" {
				message += ". You must delete all versions in the bucket."
			}
			return refuse(http.StatusConflict, "BucketNotEmpty", message, field("BucketName", b.Name))
		}
		store.Delete(tx, buckets, b.Name)
		return nil
	})
	if err == nil {
		r.w.WriteHeader(http.StatusNoContent)
	}
	return err
}

// location is empty for us-east-1.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
func location(b *bucket) (any, error) { return b.Location, nil }
