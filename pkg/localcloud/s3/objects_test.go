package s3_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestWhatIsSentComesBack(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	put, err := c.PutObject(t.Context(), &sdk.PutObjectInput{
		Bucket: aws.String(name), Key: aws.String("a b/ü+%"), Body: strings.NewReader("text"),
		ContentType: aws.String("text/plain"), CacheControl: aws.String("no-cache"), ContentLanguage: aws.String("en"),
		ContentDisposition: aws.String("inline"), Metadata: map[string]string{"colour": "blue"},
	})
	w.ok(err)
	out, err := c.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String(name), Key: aws.String("a b/ü+%")})
	w.ok(err)
	if aws.ToString(out.ContentType) != "text/plain" || aws.ToString(out.CacheControl) != "no-cache" ||
		aws.ToString(out.ContentLanguage) != "en" || aws.ToString(out.ContentDisposition) != "inline" ||
		out.Metadata["colour"] != "blue" || aws.ToInt64(out.ContentLength) != 4 ||
		aws.ToString(out.ETag) != `"1cb251ec0d568de6a929b520c4aed8d1"` || aws.ToString(out.ETag) != aws.ToString(put.ETag) ||
		aws.ToString(out.VersionId) != aws.ToString(put.VersionId) || !out.LastModified.Equal(w.hand.Now()) ||
		out.ServerSideEncryption != types.ServerSideEncryptionAes256 {
		t.Errorf("%+v", out)
	}
}

// The same calls in the three states of a bucket.
func TestVersionsInEachState(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	w.bucket(c, name)
	if put := w.put(c, "key", "old"); put.VersionId != nil {
		t.Errorf("unversioned: %+v", put)
	}
	if got := w.ask("OURS", "GET", "/the-bucket/key", "", nil); got.header.Get("x-amz-version-id") != "" {
		t.Errorf("unversioned: %+v", got)
	}
	w.version(c, types.BucketVersioningStatusEnabled)
	first, second := w.put(c, "key", "one"), w.put(c, "key", "two")
	if len(*first.VersionId) != 32 || *first.VersionId == *second.VersionId {
		t.Errorf("the versions are %s and %s", *first.VersionId, *second.VersionId)
	}
	w.version(c, types.BucketVersioningStatusSuspended)
	if put := w.put(c, "key", "new"); put.VersionId != nil {
		t.Errorf("suspended: %+v", put)
	}
	for version, want := range map[string]string{"": "new", "null": "new", *first.VersionId: "one", *second.VersionId: "two"} {
		if text, err := w.read(c, "key", version); text != want {
			t.Errorf("%s: %q, %v", version, text, err)
		}
	}
	marker, err := c.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: aws.String(name), Key: aws.String("key")})
	w.ok(err)
	if aws.ToString(marker.VersionId) != "null" || !aws.ToBool(marker.DeleteMarker) {
		t.Errorf("%+v", marker)
	}
	want := "key:" + *second.VersionId + " key:" + *first.VersionId + " key:null*!"
	if got := strings.Join(w.versions(c, 1000), " "); got != want {
		t.Errorf("left: %s", got)
	}
}

func TestDeleteMarkers(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	w.put(c, "key", "text")
	marker := w.ask("OURS", "DELETE", "/the-bucket/key", "", nil)
	id := marker.header.Get("x-amz-version-id")
	if marker.status != http.StatusNoContent || marker.header.Get("x-amz-delete-marker") != "true" {
		t.Fatalf("%+v", marker)
	}
	hidden := w.ask("OURS", "GET", "/the-bucket/key", "", nil)
	if hidden.code() != "NoSuchKey" || hidden.header.Get("x-amz-delete-marker") != "true" ||
		hidden.header.Get("x-amz-version-id") != id {
		t.Errorf("%+v", hidden)
	}
	for method, code := range map[string]string{"GET": "MethodNotAllowed", "HEAD": ""} {
		got := w.ask("OURS", method, "/the-bucket/key?versionId="+id, "", nil)
		if got.status != http.StatusMethodNotAllowed || got.code() != code || got.header.Get("Allow") != "DELETE" {
			t.Errorf("%s: %+v", method, got)
		}
	}
	undeleted := w.ask("OURS", "DELETE", "/the-bucket/key?versionId="+id, "", nil)
	if undeleted.header.Get("x-amz-delete-marker") != "true" {
		t.Errorf("%+v", undeleted)
	}
	if text, err := w.read(c, "key", ""); text != "text" {
		t.Error(err)
	}
}

func TestVersionsThatAreNotThere(t *testing.T) {
	w := newWorld(t)
	w.put(w.versioned(), "key", "text")
	some := strings.Repeat("a", 32)
	for _, c := range []struct {
		method, id string
		status     int
		code       string
	}{
		{"GET", some, 404, "NoSuchVersion"},
		{"GET", "null", 404, "NoSuchVersion"},
		{"GET", "x", 400, "InvalidArgument"},
		{"GET", "", 400, "InvalidArgument"},
		{"DELETE", some, 204, ""},
		{"DELETE", "x", 400, "InvalidArgument"},
		{"DELETE", "", 400, "InvalidArgument"},
	} {
		got := w.ask("OURS", c.method, "/the-bucket/key?versionId="+c.id, "", nil)
		if got.status != c.status || got.code() != c.code {
			t.Errorf("%+v: %+v", c, got)
		}
	}
	if got := w.ask("OURS", "GET", "/the-bucket/key", "", nil); got.body != "text" {
		t.Errorf("%+v", got)
	}
}

func TestConditionalWrites(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	etag := aws.ToString(w.put(c, "key", "text").ETag)
	_, err := c.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: aws.String(name), Key: aws.String("hidden")})
	w.ok(err)
	for _, o := range []struct{ key, header, value, code string }{
		{"key", "If-None-Match", "*", "PreconditionFailed"},
		{"none", "If-None-Match", "*", ""},
		{"hidden", "If-None-Match", "*", ""},
		{"key", "If-None-Match", etag, "NotImplemented"},
		{"key", "If-Match", `"0"`, "PreconditionFailed"},
		{"nowhere", "If-Match", etag, "NoSuchKey"},
		{"key", "If-Match", etag, ""},
	} {
		got := w.ask("OURS", "PUT", "/the-bucket/"+o.key, "other", map[string]string{o.header: o.value})
		if got.code() != o.code || (got.status == http.StatusOK) != (o.code == "") {
			t.Errorf("%+v: %+v", o, got)
		}
	}
}

func TestConditionalReadsAndRanges(t *testing.T) {
	w := newWorld(t)
	etag := aws.ToString(w.put(w.versioned(), "key", "0123456789").ETag)
	at := w.hand.Now().Format(http.TimeFormat)
	before := w.hand.Now().Add(-time.Hour).Format(http.TimeFormat)
	for _, c := range []struct {
		header map[string]string
		status int
		body   string
	}{
		{map[string]string{"If-Match": etag}, 200, "0123456789"},
		{map[string]string{"If-Match": `"0"`}, 412, ""},
		{map[string]string{"If-None-Match": etag}, 304, ""},
		{map[string]string{"If-None-Match": `"0"`}, 200, "0123456789"},
		{map[string]string{"If-Modified-Since": at}, 304, ""},
		{map[string]string{"If-Modified-Since": before}, 200, "0123456789"},
		{map[string]string{"If-Unmodified-Since": before}, 412, ""},
		{map[string]string{"If-Unmodified-Since": before, "If-Match": etag}, 200, "0123456789"},
		{map[string]string{"If-Modified-Since": at, "If-None-Match": `"0"`}, 200, "0123456789"},
		{map[string]string{"Range": "bytes=2-4"}, 206, "234"},
		{map[string]string{"Range": "bytes=8-"}, 206, "89"},
		{map[string]string{"Range": "bytes=-3"}, 206, "789"},
		{map[string]string{"Range": "bytes=-30"}, 206, "0123456789"},
		{map[string]string{"Range": "bytes=5-500"}, 206, "56789"},
		{map[string]string{"Range": "bytes=4-2"}, 200, "0123456789"},
		{map[string]string{"Range": "lines=1-2"}, 200, "0123456789"},
		{map[string]string{"Range": "bytes=10-"}, 416, ""},
		{map[string]string{"Range": "bytes=-0"}, 416, ""},
		{map[string]string{"Range": "bytes=1-2,4-5"}, 501, ""},
	} {
		got := w.ask("OURS", "GET", "/the-bucket/key", "", c.header)
		if got.status != c.status || c.status < 300 && got.body != c.body {
			t.Errorf("%v: %+v", c.header, got)
		}
		if head := w.ask("OURS", "HEAD", "/the-bucket/key", "", c.header); head.status != c.status || head.body != "" {
			t.Errorf("HEAD %v: %+v", c.header, head)
		}
	}
	w.put(w.client(), "empty", "")
	if got := w.ask("OURS", "GET", "/the-bucket/empty", "", map[string]string{"Range": "bytes=0-"}); got.status != 416 {
		t.Errorf("a range of nothing: %+v", got)
	}
}

func TestTooLarge(t *testing.T) {
	w := newWorld(t)
	w.versioned()
	r := request(t, http.MethodPut, "/the-bucket/key", "")
	r.ContentLength = 100<<20 + 1
	if got := w.serve(r); got.Code != http.StatusBadRequest || !strings.Contains(got.Body.String(), "<Code>EntityTooLarge<") {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	r = request(t, http.MethodPut, "/the-bucket/key", "text")
	r.ContentLength = 40
	if got := w.serve(r); !strings.Contains(got.Body.String(), "<Code>IncompleteBody<") {
		t.Errorf("cut off: %d %s", got.Code, got.Body)
	}
	if got := w.ask("OURS", "PUT", "/the-bucket/"+strings.Repeat("k", 1025), "", nil); got.code() != "KeyTooLongError" {
		t.Errorf("%+v", got)
	}
	if got := w.ask("OURS", "HEAD", "/the-bucket/key", "", nil); got.status != http.StatusNotFound {
		t.Errorf("something was kept: %+v", got)
	}
}
