package s3_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestRefusalsNameTheOperation(t *testing.T) {
	w := newWorld(t)
	w.put(w.versioned(), "key", "text")
	for _, c := range []struct{ method, path, header, want string }{
		{"GET", "/the-bucket", "", "ListObjects, the first version: use ListObjectsV2"},
		{"GET", "/the-bucket?prefix=a&marker=b", "", "ListObjects, the first version: use ListObjectsV2"},
		{"GET", "/the-bucket?acl", "", "GetBucketAcl"},
		{"GET", "/the-bucket?unheard-of", "", "GET of /the-bucket?unheard-of"},
		{"PUT", "/the-bucket/key?acl", "", "PutObjectAcl"},
		{"PUT", "/the-bucket/key?tagging", "", "PutObjectTagging"},
		{"PUT", "/the-bucket/key", "x-amz-copy-source", "CopyObject"},
		{"POST", "/the-bucket/key?uploads", "", "CreateMultipartUpload: no multipart uploads"},
		{"POST", "/the-bucket/key?uploads", "", "multipart_threshold 100MB"},
		{"PUT", "/the-bucket/key?partNumber=1&uploadId=u", "", "UploadPart: no multipart uploads"},
		{"PUT", "/the-bucket/key", "acl", ""},
	} {
		header := map[string]string{}
		if c.header != "" {
			header[c.header] = "x"
		}
		got := w.ask("OURS", c.method, c.path, "", header)
		if c.want == "" {
			if got.status != http.StatusOK {
				t.Errorf("%+v: %+v", c, got)
			}
			continue
		}
		_, message, _ := strings.Cut(got.body, "plldb&#39;s local cloud does not model ")
		message, _, _ = strings.Cut(message, "</Message>")
		if got.status != http.StatusNotImplemented || !strings.Contains(message, c.want) {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}

// What is not looked at is not taken.
func TestWhatWouldBeIgnoredIsRefused(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	w.put(c, "key", "text")
	for _, q := range []struct{ method, path, header, code string }{
		{"GET", "/the-bucket/key", "x-amz-checksum-crc32", "NotImplemented"},
		{"DELETE", "/the-bucket/key", "x-amz-trailer", "NotImplemented"},
		{"GET", "/the-bucket?versioning", "x-amz-decoded-content-length", "NotImplemented"},
		{"DELETE", "/the-bucket?tagging", "x-amz-sdk-checksum-algorithm", "NotImplemented"},
		{"PUT", "/the-bucket?policy", "x-amz-confirm-remove-self-bucket-access", "NotImplemented"},
		{"GET", "/the-bucket/key?versionId=null&versionId=null", "", "NotImplemented"},
		{"GET", "/the-bucket?list-type=2&prefix=a&prefix=b", "", "NotImplemented"},
		{"GET", "/the-bucket?list-type=2&list-type=2", "", "NotImplemented"},
		{"GET", "/the-bucket?list-type=2&continuation-token=", "", "InvalidArgument"},
		{"GET", "/?continuation-token=", "", "InvalidArgument"},
	} {
		header := map[string]string{}
		if q.header != "" {
			header[q.header] = "x"
		}
		if got := w.ask("OURS", q.method, q.path, "", header); got.code() != q.code {
			t.Errorf("%+v: %+v", q, got)
		}
	}
	if text, err := w.read(c, "key", ""); text != "text" {
		t.Fatal(err)
	}
}

// That there are no ACLs is so only where the owner owns all.
func TestACLsAndOwnership(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	put := func(acl types.ObjectCannedACL) error {
		_, err := c.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String(name), Key: aws.String("key"), ACL: acl})
		return err
	}
	w.ok(put("bucket-owner-full-control"))
	w.refused("AccessControlListNotSupported", put("public-read"))
	for _, ownership := range []types.ObjectOwnership{"ObjectWriter", "BucketOwnerPreferred"} {
		_, err := c.PutBucketOwnershipControls(t.Context(), &sdk.PutBucketOwnershipControlsInput{
			Bucket: aws.String(name), OwnershipControls: &types.OwnershipControls{
				Rules: []types.OwnershipControlsRule{{ObjectOwnership: ownership}},
			},
		})
		w.ok(err)
		w.refused("NotImplemented", put("public-read"))
		w.refused("NotImplemented", put("bucket-owner-full-control"))
		w.ok(put(""))
	}
	_, err := c.DeleteBucketOwnershipControls(t.Context(), &sdk.DeleteBucketOwnershipControlsInput{Bucket: aws.String(name)})
	w.ok(err)
	w.refused("NotImplemented", put("private"))
}

// What is kept comes back as it was, or is not kept.
func TestMetadataIsASCII(t *testing.T) {
	w := newWorld(t)
	w.versioned()
	for _, header := range []string{"x-amz-meta-a", "Content-Disposition"} {
		for value, status := range map[string]int{"plain \t text": 200, "caf\xe9": 501, "café": 501} {
			got := w.ask("OURS", "PUT", "/the-bucket/key", "", map[string]string{header: value})
			if got.status != status {
				t.Errorf("%s %q: %+v", header, value, got)
			}
			if status != http.StatusOK {
				continue
			}
			if got := w.ask("OURS", "GET", "/the-bucket/key", "", nil).header.Get(header); got != value {
				t.Errorf("%s %q is now %q", header, value, got)
			}
		}
	}
}

// Callers are users: AWS's exception, that the account's root may always change the policy, is not theirs.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html
func TestAPolicyMayLockItsOwnerOut(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	deny := statement(map[string]string{
		"Effect": `"Deny"`, "Principal": `"*"`, "Action": `"s3:*"`,
		"Resource": `["arn:aws:s3:::the-bucket","arn:aws:s3:::the-bucket/*"]`,
	})
	w.ok(w.policy(c, deny))
	_, err := c.GetBucketPolicy(t.Context(), &sdk.GetBucketPolicyInput{Bucket: aws.String(name)})
	w.refused("AccessDenied", err)
	_, err = c.DeleteBucketPolicy(t.Context(), &sdk.DeleteBucketPolicyInput{Bucket: aws.String(name)})
	w.refused("AccessDenied", err)
}

// A client that holds its body back, plain or in chunks, is not waited for for ever, and then others may write.
func TestABodyThatIsHeldBack(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	w.router.Patience = 10 * time.Millisecond
	for _, sent := range []string{
		"PUT /the-bucket?versioning HTTP/1.1\r\nContent-Length: 100\r\n",
		"PUT /the-bucket/key HTTP/1.1\r\nContent-Length: 100\r\n",
		"PUT /the-bucket/key HTTP/1.1\r\nx-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n" +
			"x-amz-decoded-content-length: 90\r\nContent-Length: 100\r\n",
	} {
		connection, err := net.Dial("tcp", w.server.Listener.Addr().String()) //nolint:noctx // the loopback answers at once
		w.ok(err)
		_, err = io.WriteString(connection, sent+"Host: localhost\r\nAuthorization: AWS4-HMAC-SHA256 Credential=OURS/20261122/"+
			home+"/s3/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n5a\r\nab")
		w.ok(err)
		answer, err := io.ReadAll(connection)
		w.ok(err)
		w.ok(connection.Close())
		if !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") || !strings.Contains(string(answer), "<Code>RequestTimeout<") {
			t.Errorf("%s: %s", sent, answer)
		}
	}
	w.router.Patience = 0
	w.version(c, types.BucketVersioningStatusSuspended)
}
