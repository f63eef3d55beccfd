package s3_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestListingBuckets(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	for i := range 3 {
		w.bucket(c, fmt.Sprint("bucket-", i))
	}
	_, err := w.as("THEIRS", "us-east-1").CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: aws.String("bucket-x")})
	w.ok(err)
	var got []string
	pages := sdk.NewListBucketsPaginator(c, &sdk.ListBucketsInput{MaxBuckets: aws.Int32(2)})
	for pages.HasMorePages() {
		out, err := pages.NextPage(t.Context())
		w.ok(err)
		for _, b := range out.Buckets {
			got = append(got, *b.Name+" "+*b.BucketRegion)
		}
	}
	if strings.Join(got, " ") != "bucket-0 eu-west-1 bucket-1 eu-west-1 bucket-2 eu-west-1" {
		t.Errorf("%v", got)
	}
	if got := w.ask("", "GET", "/", "", nil); got.code() != "AccessDenied" {
		t.Errorf("nobody: %+v", got)
	}
	if got := w.ask("OURS", "GET", "/?max-buckets=0", "", nil); got.code() != "InvalidArgument" {
		t.Errorf("none: %+v", got)
	}
}

func TestAddressing(t *testing.T) {
	w := newWorld(t)
	port := w.server.URL[strings.LastIndex(w.server.URL, ":"):]
	for _, endpoint := range []string{"http://127.0.0.1", "http://localhost", "http://s3.localhost"} {
		for _, path := range []bool{true, false} {
			c := w.client(func(o *sdk.Options) {
				o.BaseEndpoint, o.UsePathStyle, o.HTTPClient = aws.String(endpoint+port), path, w.dialing()
			})
			w.bucket(c, name)
			w.put(c, "a/key", "text")
			if text, err := w.read(w.client(), "a/key", ""); text != "text" {
				t.Errorf("%s: %v", endpoint, err)
			}
			_, err := c.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: aws.String(name), Key: aws.String("a/key")})
			w.ok(err)
			_, err = c.DeleteBucket(t.Context(), &sdk.DeleteBucketInput{Bucket: aws.String(name)})
			w.ok(err)
		}
	}
}

func TestNamesOfBuckets(t *testing.T) {
	w := newWorld(t)
	for bucket, code := range map[string]string{
		"a-good.name-1": "", "ab": "InvalidBucketName", "UPPER": "InvalidBucketName", "under_score": "InvalidBucketName",
		"-dash": "InvalidBucketName", "dash-": "InvalidBucketName", "two..dots": "InvalidBucketName",
		"192.168.5.4": "InvalidBucketName", "xn--a": "InvalidBucketName", "a-s3alias": "InvalidBucketName",
		"a--x-s3": "InvalidBucketName", strings.Repeat("a", 64): "InvalidBucketName", strings.Repeat("a", 63): "",
		"mine-111111111111-eu-west-1-an": "NotImplemented",
	} {
		body := `<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>`
		if got := w.ask("OURS", "PUT", "/"+bucket, body, nil); got.code() != code {
			t.Errorf("%s: %+v", bucket, got)
		}
	}
}

func TestWhatCreateBucketTakes(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	_, err := c.CreateBucket(t.Context(), &sdk.CreateBucketInput{
		Bucket: aws.String(name), ObjectOwnership: types.ObjectOwnershipObjectWriter,
		CreateBucketConfiguration: &types.CreateBucketConfiguration{
			LocationConstraint: home, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
		},
	})
	w.ok(err)
	owned, err := c.GetBucketOwnershipControls(t.Context(), &sdk.GetBucketOwnershipControlsInput{Bucket: aws.String(name)})
	if err != nil || owned.OwnershipControls.Rules[0].ObjectOwnership != types.ObjectOwnershipObjectWriter {
		t.Errorf("%+v, %v", owned, err)
	}
	tagged, err := c.GetBucketTagging(t.Context(), &sdk.GetBucketTaggingInput{Bucket: aws.String(name)})
	if err != nil || len(tagged.TagSet) != 1 || *tagged.TagSet[0].Value != "v" {
		t.Errorf("%+v, %v", tagged, err)
	}
	for header, code := range map[string]string{
		"x-amz-object-ownership": "InvalidArgument", "x-amz-bucket-object-lock-enabled": "NotImplemented",
		"x-amz-acl": "NotImplemented", "x-amz-bucket-namespace": "NotImplemented", "x-amz-expected-bucket-owner": "NotImplemented",
	} {
		if got := w.ask("OURS", "PUT", "/other-bucket", "", map[string]string{header: "x"}); got.code() != code {
			t.Errorf("%s: %+v", header, got)
		}
	}
	if got := w.ask("", "PUT", "/other-bucket", "", nil); got.code() != "AccessDenied" {
		t.Errorf("nobody: %+v", got)
	}
}
