package s3_test

import (
	"net/http"
	"testing"
)

// What S3 knows and this package does not is refused, whatever it is.
func TestWhatIsNotModelled(t *testing.T) {
	w := newWorld(t)
	w.put(w.versioned(), "key", "text")
	for _, c := range []struct{ method, path, header string }{
		{"GET", "/the-bucket", ""}, // ListObjects, the first
		{"GET", "/the-bucket?acl", ""},
		{"PUT", "/the-bucket?replication", ""},
		{"PUT", "/the-bucket?versioning", "x-amz-mfa"},
		{"GET", "/the-bucket?list-type=2", "x-amz-optional-object-attributes"},
		{"POST", "/the-bucket/key?uploads", ""},
		{"PUT", "/the-bucket/key?partNumber=1&uploadId=u", ""},
		{"PUT", "/the-bucket/key?tagging", ""},
		{"GET", "/the-bucket/key?attributes", ""},
		{"GET", "/the-bucket/key?partNumber=1", ""},
		{"GET", "/the-bucket/key?response-content-type=a", ""},
		{"GET", "/the-bucket/key", "x-amz-server-side-encryption-customer-key"},
		{"DELETE", "/the-bucket/key", "x-amz-bypass-governance-retention"},
		{"DELETE", "/the-bucket/key", "If-Match"},
		{"PATCH", "/the-bucket/key", ""},
		{"POST", "/", ""},
	} {
		header := map[string]string{}
		if c.header != "" {
			header[c.header] = "x"
		}
		got := w.ask("OURS", c.method, c.path, "", header)
		if got.status != http.StatusNotImplemented || got.code() != "NotImplemented" {
			t.Errorf("%+v: %+v", c, got)
		}
	}
	harmless := map[string]string{
		"x-amz-date": "20261122T080000Z", "x-amz-security-token": "t", "x-amz-user-agent": "u", "amz-sdk-request": "1",
		"amz-sdk-invocation-id": "1", "x-amz-sdk-anything": "1", "x-amzn-trace-id": "1",
	}
	if got := w.ask("OURS", "GET", "/the-bucket/key?x-id=GetObject", "", harmless); got.body != "text" {
		t.Errorf("%+v", got)
	}
}

func TestErrorsLookLikeS3s(t *testing.T) {
	w := newWorld(t)
	got := w.ask("OURS", "GET", "/no-bucket/a%3Cb", "", nil)
	id, host := got.header.Get("x-amz-request-id"), got.header.Get("x-amz-id-2")
	want := `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<Error><Code>NoSuchBucket</Code>` +
		`<Message>The specified bucket does not exist</Message><BucketName>no-bucket</BucketName>` +
		`<Resource>/no-bucket/a&lt;b</Resource><RequestId>` + id + `</RequestId><HostId>` + host + `</HostId></Error>`
	if got.body != want || id == "" || host == "" || got.header.Get("Content-Type") != "application/xml" {
		t.Errorf("%+v", got)
	}
}
