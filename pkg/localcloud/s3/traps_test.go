package s3_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

func TestTrap02WhereABucketIsMade(t *testing.T) {
	for _, c := range []struct {
		signed, constraint, code, location string
	}{
		{signed: "us-east-1", location: ""},
		{signed: "us-east-1", constraint: "us-east-1", code: "InvalidLocationConstraint"},
		{signed: "us-east-1", constraint: "nowhere", code: "InvalidLocationConstraint"},
		{signed: "us-east-1", constraint: "eu-west-1", location: "eu-west-1"},
		{signed: "us-east-1", constraint: "EU", location: "EU"},
		{signed: "eu-west-1", constraint: "eu-west-1", location: "eu-west-1"},
		{signed: "eu-west-1", code: "IllegalLocationConstraintException"},
		{signed: "eu-west-1", constraint: "eu-west-2", code: "IllegalLocationConstraintException"},
		{signed: "eu-west-1", constraint: "us-east-1", code: "InvalidLocationConstraint"},
	} {
		w := newWorld(t)
		client := w.as("OURS", c.signed)
		in := &sdk.CreateBucketInput{Bucket: aws.String(name)}
		if c.constraint != "" {
			in.CreateBucketConfiguration = &types.CreateBucketConfiguration{
				LocationConstraint: types.BucketLocationConstraint(c.constraint),
			}
		}
		_, err := client.CreateBucket(t.Context(), in)
		if got := codeOf(err); got != c.code {
			t.Errorf("%+v: the code is %q", c, got)
		}
		if c.code != "" {
			continue
		}
		out, err := client.GetBucketLocation(t.Context(), &sdk.GetBucketLocationInput{Bucket: aws.String(name)})
		if err != nil || string(out.LocationConstraint) != c.location {
			t.Errorf("%+v: the location is %v, %v", c, out, err)
		}
	}
}

func TestTrap11EmptyingAVersionedBucket(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	first, second := w.put(c, "key", "one"), w.put(c, "key", "two")
	marker, err := c.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: aws.String(name), Key: aws.String("key")})
	w.ok(err)
	if !aws.ToBool(marker.DeleteMarker) || aws.ToString(marker.VersionId) == "" {
		t.Fatalf("no delete marker was made: %+v", marker)
	}
	for i, id := range []*string{first.VersionId, second.VersionId, marker.VersionId} {
		_, err := c.DeleteBucket(t.Context(), &sdk.DeleteBucketInput{Bucket: aws.String(name)})
		w.refused("BucketNotEmpty", err)
		out, err := w.deleteBatch(c, []types.ObjectIdentifier{{Key: aws.String("key"), VersionId: id}})
		w.ok(err)
		if len(out.Deleted) != 1 || len(out.Errors) != 0 || aws.ToBool(out.Deleted[0].DeleteMarker) != (i == 2) {
			t.Fatalf("%d: %+v", i, out)
		}
	}
	_, err = c.DeleteBucket(t.Context(), &sdk.DeleteBucketInput{Bucket: aws.String(name)})
	w.ok(err)
}

func (w *world) deleteBatch(c *sdk.Client, objects []types.ObjectIdentifier) (*sdk.DeleteObjectsOutput, error) {
	return c.DeleteObjects(w.t.Context(), &sdk.DeleteObjectsInput{
		Bucket: aws.String(name), Delete: &types.Delete{Objects: objects},
	})
}

func TestTrap11AThousandAtOnce(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	objects := make([]types.ObjectIdentifier, 1001)
	for i := range objects {
		objects[i].Key = aws.String(fmt.Sprint("key", i))
	}
	_, err := w.deleteBatch(c, objects)
	w.refused("MalformedXML", err)
	out, err := w.deleteBatch(c, objects[1:])
	w.ok(err)
	if len(out.Deleted) != 1000 || aws.ToString(out.Deleted[0].DeleteMarkerVersionId) == "" {
		t.Fatalf("%d were deleted", len(out.Deleted))
	}
	quiet, err := c.DeleteObjects(t.Context(), &sdk.DeleteObjectsInput{
		Bucket: aws.String(name), Delete: &types.Delete{Objects: objects[:2], Quiet: aws.Bool(true)},
	})
	w.ok(err)
	if len(quiet.Deleted)+len(quiet.Errors) != 0 {
		t.Fatalf("quiet is told %+v", quiet)
	}
}

func TestTrap17AnAnswerIsNoProofOfOwnership(t *testing.T) {
	w := newWorld(t)
	c, stranger := w.client(), w.as("THEIRS", home)
	w.bucket(c, name)
	head := func(c *sdk.Client, owner *string) error {
		_, err := c.HeadBucket(t.Context(), &sdk.HeadBucketInput{Bucket: aws.String(name), ExpectedBucketOwner: owner})
		return err
	}
	w.ok(head(c, aws.String(ours)))
	w.refused("Forbidden", head(stranger, nil))
	w.ok(w.policy(c, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"`+theirs+
		`"},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::the-bucket"}}`))
	w.ok(head(stranger, nil))
	w.refused("Forbidden", head(stranger, aws.String(theirs)))
	w.refused("BadRequest", head(c, aws.String("me")))
	w.refused("BadRequest", head(w.as("OURS", "eu-west-2"), nil))
	_, err := c.HeadBucket(t.Context(), &sdk.HeadBucketInput{Bucket: aws.String("another-bucket")})
	w.refused("NotFound", err)
}

// Every operation on a bucket or an object but CreateBucket heeds the expected owner.
func TestTrap17TheExpectedOwnerIsEnforced(t *testing.T) {
	w := newWorld(t)
	w.put(w.versioned(), "key", "text")
	for _, c := range []struct{ method, path string }{
		{"HEAD", "/the-bucket"},
		{"DELETE", "/the-bucket"},
		{"GET", "/the-bucket?location"},
		{"GET", "/the-bucket?list-type=2"},
		{"GET", "/the-bucket?versions"},
		{"GET", "/the-bucket?versioning"},
		{"PUT", "/the-bucket?versioning"},
		{"GET", "/the-bucket?publicAccessBlock"},
		{"PUT", "/the-bucket?publicAccessBlock"},
		{"DELETE", "/the-bucket?publicAccessBlock"},
		{"GET", "/the-bucket?ownershipControls"},
		{"PUT", "/the-bucket?ownershipControls"},
		{"DELETE", "/the-bucket?ownershipControls"},
		{"GET", "/the-bucket?encryption"},
		{"PUT", "/the-bucket?encryption"},
		{"DELETE", "/the-bucket?encryption"},
		{"GET", "/the-bucket?policy"},
		{"PUT", "/the-bucket?policy"},
		{"DELETE", "/the-bucket?policy"},
		{"GET", "/the-bucket?lifecycle"},
		{"PUT", "/the-bucket?lifecycle"},
		{"DELETE", "/the-bucket?lifecycle"},
		{"GET", "/the-bucket?tagging"},
		{"PUT", "/the-bucket?tagging"},
		{"DELETE", "/the-bucket?tagging"},
		{"GET", "/the-bucket/key"},
		{"HEAD", "/the-bucket/key"},
		{"PUT", "/the-bucket/key"},
		{"DELETE", "/the-bucket/key"},
	} {
		header := map[string]string{"x-amz-expected-bucket-owner": theirs, "Content-MD5": emptyMD5}
		if got := w.ask("OURS", c.method, c.path, "", header); got.status != http.StatusForbidden {
			t.Errorf("%s %s: %d %s", c.method, c.path, got.status, got.body)
		}
	}
	batch := `<Delete><Object><Key>key</Key></Object></Delete>`
	got := w.ask("OURS", "POST", "/the-bucket?delete", batch,
		map[string]string{"x-amz-expected-bucket-owner": theirs, "x-amz-checksum-crc32": "2fp2Hw=="})
	if got.code() != "AccessDenied" {
		t.Errorf("DeleteObjects: %+v", got)
	}
	if text, err := w.read(w.client(), "key", ""); text != "text" {
		t.Errorf("something was done to the object: %v", err)
	}
}

func TestTrap41ErrorsInAnAnswerOf200(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	kept, gone := w.put(c, "kept", "one"), w.put(c, "gone", "two")
	w.ok(w.policy(c, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",`+
		`"Action":"s3:DeleteObjectVersion","Resource":"arn:aws:s3:::the-bucket/k*"}]}`))
	out, err := w.deleteBatch(c, []types.ObjectIdentifier{
		{Key: aws.String("kept"), VersionId: kept.VersionId},
		{Key: aws.String("gone"), VersionId: gone.VersionId},
		{Key: aws.String("gone"), VersionId: aws.String("abc")},
		{Key: aws.String("gone"), VersionId: gone.VersionId},
	})
	w.ok(err)
	if len(out.Deleted) != 2 || len(out.Errors) != 2 || aws.ToString(out.Errors[0].Code) != "AccessDenied" ||
		aws.ToString(out.Errors[0].VersionId) != aws.ToString(kept.VersionId) || aws.ToString(out.Errors[1].Code) != "NoSuchVersion" {
		t.Fatalf("%+v", out)
	}
	if text, _ := w.read(c, "kept", ""); text != "one" {
		t.Fatal("what was not deleted is gone")
	}
}

func TestTrap41ABucketMadeAgain(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	_, err := c.DeleteBucket(t.Context(), &sdk.DeleteBucketInput{Bucket: aws.String(name)})
	w.ok(err)
	w.bucket(c, name)
	out, err := c.GetBucketVersioning(t.Context(), &sdk.GetBucketVersioningInput{Bucket: aws.String(name)})
	if err != nil || out.Status != "" {
		t.Fatalf("the new bucket has the old one's settings: %+v, %v", out, err)
	}
}

func TestTrap44VersioningTakesItsTime(t *testing.T) {
	w := newWorld(t)
	w.takes = 10 * time.Minute
	c := w.versioned()
	early := w.put(c, "early", "one")
	if early.VersionId != nil {
		t.Fatalf("the bucket versions at once: %s", *early.VersionId)
	}
	w.hand.Turn(6 * time.Minute)
	late := w.put(c, "late", "two")
	if len(aws.ToString(late.VersionId)) != 32 {
		t.Fatalf("no version, after more than half of the time: %+v", late)
	}
	for _, id := range []string{*late.VersionId, ""} {
		_, err := w.read(c, "late", id)
		w.refused("NoSuchKey", err)
		err = w.within(func(tx *store.Tx) error {
			_, err := w.service.Object(tx, ours, "", name, "late", id)
			return err
		})
		if err == nil || !strings.HasPrefix(err.Error(), "NoSuchKey") {
			t.Fatalf("other services see it: %v", err)
		}
	}
	w.hand.Turn(4 * time.Minute)
	for _, id := range []string{*late.VersionId, ""} {
		if text, err := w.read(c, "late", id); text != "two" {
			t.Fatal(err)
		}
	}
	if text, err := w.read(c, "early", "null"); text != "one" {
		t.Fatal(err)
	}
}

// A setting is being written from when its request begins to be read until it is answered.
func TestTrap45SettingsWrittenSideBySide(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	w.bucket(c, name)
	w.bucket(c, "another-bucket")
	body := &blocking{started: make(chan struct{}), released: make(chan struct{}), Reader: strings.NewReader(suspended)}
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/the-bucket?versioning", body)
	request.ContentLength = int64(len(suspended))
	sign(request, "OURS")
	recorder, done := httptest.NewRecorder(), make(chan struct{})
	go func() {
		defer close(done)
		w.router.ServeHTTP(recorder, request)
	}()
	<-body.started
	put := func(bucket string) error {
		_, err := c.PutPublicAccessBlock(context.WithoutCancel(t.Context()), &sdk.PutPublicAccessBlockInput{
			Bucket: &bucket, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{},
		})
		return err
	}
	first, other := put(name), put("another-bucket")
	_, read := c.GetPublicAccessBlock(t.Context(), &sdk.GetPublicAccessBlockInput{Bucket: aws.String(name)})
	close(body.released)
	<-done
	w.refused("OperationAborted", first)
	w.ok(other)
	w.ok(read)
	if recorder.Code != http.StatusOK {
		t.Fatalf("the first write: %d %s", recorder.Code, recorder.Body)
	}
	w.ok(put(name))
}

const emptyMD5 = "1B2M2Y8AsgTpgAmY7PhCfg==" // of no bytes

const suspended = `<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>`

// blocking is a body that does not come before it is released.
type blocking struct {
	io.Reader
	started, released chan struct{}
	began             bool
}

func (b *blocking) Read(p []byte) (int, error) {
	if !b.began {
		b.began = true
		close(b.started)
		<-b.released
	}
	return b.Reader.Read(p)
}
