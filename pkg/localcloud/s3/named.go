package s3

import (
	"net/http"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// The ways into and through a multipart upload. Clients choose it by the size of a file, so the refusal says what to do.
// https://docs.aws.amazon.com/cli/latest/topic/s3-config.html (multipart_threshold)
const multipart = ": no multipart uploads. An object of up to 100 MB can be sent whole: for the AWS CLI, " +
	"aws configure set default.s3.multipart_threshold 100MB"

// stranger is an operation of S3 that is not modelled, and how it is told from one that is: by its method and a
// parameter or header, where the plain operation would be found, or none.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
type stranger struct {
	on     level
	method string
	by     string // a query parameter, or a header where it begins with "x-amz-"
	name   string
}

// strangers are those that clients ask for most. The first that fits counts.
func strangers() []stranger {
	const get, put, post, head, del = http.MethodGet, http.MethodPut, http.MethodPost, http.MethodHead, http.MethodDelete
	return []stranger{
		{onBucket, get, "acl", "GetBucketAcl"},
		{onBucket, put, "acl", "PutBucketAcl"},
		{onBucket, get, "cors", "GetBucketCors"},
		{onBucket, put, "cors", "PutBucketCors"},
		{onBucket, get, "logging", "GetBucketLogging"},
		{onBucket, put, "logging", "PutBucketLogging"},
		{onBucket, get, "notification", "GetBucketNotificationConfiguration"},
		{onBucket, put, "notification", "PutBucketNotificationConfiguration"},
		{onBucket, get, "object-lock", "GetObjectLockConfiguration"},
		{onBucket, put, "object-lock", "PutObjectLockConfiguration"},
		{onBucket, get, "policyStatus", "GetBucketPolicyStatus"},
		{onBucket, get, "replication", "GetBucketReplication"},
		{onBucket, put, "replication", "PutBucketReplication"},
		{onBucket, get, "website", "GetBucketWebsite"},
		{onBucket, put, "website", "PutBucketWebsite"},
		{onBucket, get, "uploads", "ListMultipartUploads" + multipart},
		{onObject, get, "acl", "GetObjectAcl"},
		{onObject, put, "acl", "PutObjectAcl"},
		{onObject, get, "attributes", "GetObjectAttributes"},
		{onObject, get, "tagging", "GetObjectTagging"},
		{onObject, put, "tagging", "PutObjectTagging"},
		{onObject, del, "tagging", "DeleteObjectTagging"},
		{onObject, post, "restore", "RestoreObject"},
		{onObject, post, "select", "SelectObjectContent"},
		{onObject, post, "uploads", "CreateMultipartUpload" + multipart},
		{onObject, post, "uploadId", "CompleteMultipartUpload" + multipart},
		{onObject, put, "uploadId", "UploadPart" + multipart},
		{onObject, get, "uploadId", "ListParts" + multipart},
		{onObject, del, "uploadId", "AbortMultipartUpload" + multipart},
		{onObject, get, "partNumber", "parts of objects in GetObject"},
		{onObject, head, "partNumber", "parts of objects in HeadObject"},
		{onObject, put, "x-amz-copy-source", "CopyObject"},
	}
}

// asked says whether a request asks for the operation.
func (o stranger) asked(r *request) bool {
	has := r.query.Has(o.by)
	if strings.HasPrefix(o.by, "x-amz-") {
		has = r.Header.Get(o.by) != ""
	}
	return has && o.on == levelOf(r) && o.method == r.Method
}

// unnamed is the refusal of what is none of the operations. A listing that does not say which is of the first version.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
func unnamed(r *request) *wire.Error {
	listing := levelOf(r) == onBucket && r.Method == http.MethodGet
	for name := range r.query {
		listing = listing && (everyParam(name) ||
			slices.Contains([]string{"prefix", "delimiter", "marker", "max-keys", "encoding-type"}, name))
	}
	if listing {
		return notModelled("ListObjects, the first version: use ListObjectsV2")
	}
	return notModelled("%s of %s?%s", r.Method, r.URL.Path, r.URL.RawQuery)
}
