package s3

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// operation is one of S3's.
type operation struct {
	name    string
	method  string
	on      level
	sub     string   // the query parameter that selects it: "versioning"; "" is the plain one
	action  string   // what a policy calls it
	params  []string // the query parameters that it knows besides sub
	headers []string // the x-amz- and conditional headers that it knows, lower case; "x-amz-meta-" is a beginning
	setting bool     // it writes the bucket or its settings
	do      func(ctx context.Context, r *request) error
}

// level is what an operation is asked of.
type level int

const (
	onService level = iota
	onBucket
	onObject
)

func levelOf(r *request) level {
	switch {
	case r.bucket == "":
		return onService
	case r.key == "":
		return onBucket
	}
	return onObject
}

// find is the operation that a request asks for: the one whose subresource stands in the query, or the plain one.
func (s *Service) find(r *request) (*operation, error) {
	for _, o := range strangers() {
		if o.asked(r) {
			return nil, notModelled("%s", o.name)
		}
	}
	var plain *operation
	for i := range s.operations {
		op := &s.operations[i]
		switch {
		case op.method != r.Method || op.on != levelOf(r):
		case op.sub == "":
			plain = op
		case r.query.Has(op.sub):
			return op, nil
		}
	}
	if plain == nil {
		return nil, unnamed(r)
	}
	return plain, nil
}

// knows refuses what the operation would ignore.
func (op *operation) knows(r *request) error {
	for name, values := range r.query {
		switch {
		case name != op.sub && !slices.Contains(op.params, name) && !everyParam(name):
			return notModelled("the parameter %s of %s", name, op.name)
		case len(values) > 1:
			return notModelled("the parameter %s of %s more than once", name, op.name)
		case !plainText(values[0]): // unverified
			return invalidURI()
		}
	}
	for name := range r.Header {
		if name := strings.ToLower(name); !op.knowsHeader(name) {
			return notModelled("the header %s of %s", name, op.name)
		}
	}
	return nil
}

// everyParam knows what the SDKs add, and a presigned request. Its expiry is not looked at, as its signature is not.
func everyParam(name string) bool {
	switch name {
	case "x-id", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders",
		"X-Amz-Signature", "X-Amz-Security-Token", "X-Amz-Content-Sha256":
		return true
	}
	return false
}

func (op *operation) knowsHeader(name string) bool {
	switch name {
	case "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "range", "if-range":
		return slices.Contains(op.headers, name)
	case "x-amz-expected-bucket-owner": // CreateBucket and ListBuckets have none: S3's API reference
		return op.name != "CreateBucket" && op.name != "ListBuckets"
	case "x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "x-amz-user-agent":
		return true
	case "x-amz-decoded-content-length", "x-amz-trailer", "x-amz-sdk-checksum-algorithm":
		return op.hasBody()
	}
	if !strings.HasPrefix(name, "x-amz-") || strings.HasPrefix(name, "x-amz-sdk-") {
		return true
	}
	if _, ok := algorithmOf(name); ok {
		return op.hasBody()
	}
	return slices.ContainsFunc(op.headers, func(known string) bool {
		return known == name || known == metaPrefix && strings.HasPrefix(name, metaPrefix)
	})
}

// hasBody: those that are modelled take one if their method is one that sends something.
func (op *operation) hasBody() bool {
	return op.method == http.MethodPut || op.method == http.MethodPost
}

// address finds the bucket and the key of a request, path style or virtual-host style.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
func address(host, path string) (bucket, key string) {
	path = strings.TrimPrefix(path, "/")
	if bucket := wire.Bucket(host); bucket != "" {
		return bucket, path
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}

func (s *Service) bucketOperations() []operation {
	versions := []string{"prefix", "delimiter", "key-marker", "version-id-marker", "max-keys", "encoding-type"}
	list := []string{
		"prefix", "delimiter", "max-keys", "continuation-token", "start-after", "encoding-type", "fetch-owner",
	}
	listed := []string{"prefix", "max-buckets", "continuation-token", "bucket-region"}
	const get, put, post, head, del = http.MethodGet, http.MethodPut, http.MethodPost, http.MethodHead, http.MethodDelete
	return []operation{
		{name: "ListBuckets", method: get, params: listed, do: s.listBuckets},
		{
			name: "CreateBucket", method: put, on: onBucket, setting: true, do: s.createBucket,
			headers: []string{"x-amz-object-ownership"},
		},
		{name: "HeadBucket", method: head, on: onBucket, action: "s3:ListBucket", do: s.headBucket},
		{name: "DeleteBucket", method: del, on: onBucket, action: "s3:DeleteBucket", setting: true, do: s.deleteBucket},
		{
			name: "GetBucketLocation", method: get, on: onBucket, sub: "location", action: "s3:GetBucketLocation",
			do: s.reads("LocationConstraint", location),
		},
		{
			name: "ListObjectsV2", method: get, on: onBucket, sub: "list-type", action: "s3:ListBucket", params: list,
			do: s.listObjects,
		},
		{
			name: "ListObjectVersions", method: get, on: onBucket, sub: "versions", action: "s3:ListBucketVersions",
			params: versions, do: s.listVersions,
		},
		{name: "DeleteObjects", method: post, on: onBucket, sub: "delete", do: s.deleteObjects},
	}
}

func (s *Service) objectOperations() []operation {
	put := []string{
		metaPrefix, "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id",
		"x-amz-server-side-encryption-bucket-key-enabled", "x-amz-storage-class", "x-amz-acl", "if-match", "if-none-match",
	}
	get := []string{
		"x-amz-checksum-mode", "range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since",
	}
	version := []string{"versionId"}
	return []operation{
		{name: "PutObject", method: http.MethodPut, on: onObject, action: "s3:PutObject", headers: put, do: s.putObject},
		{
			name: "GetObject", method: http.MethodGet, on: onObject, action: "s3:GetObject", params: version, headers: get,
			do: s.getObject,
		},
		{
			name: "HeadObject", method: http.MethodHead, on: onObject, action: "s3:GetObject", params: version, headers: get,
			do: s.getObject,
		},
		{
			name: "DeleteObject", method: http.MethodDelete, on: onObject, action: "s3:DeleteObject", params: version,
			do: s.deleteObject,
		},
	}
}
