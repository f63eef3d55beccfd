package store_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/fakeaws"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/store"
)

// full is a bucket with what several versions of plldb put there: n versions, and one delete marker.
func full(n int) *region {
	r := newRegion()
	r.owner = account
	for i := range n {
		version := "0." + strconv.Itoa(i%3) + ".0"
		r.objects = append(r.objects, object{key: artifact.ArchiveKey(version, "fn"), id: "v" + strconv.Itoa(i)})
	}
	r.objects = append(r.objects, object{key: artifact.TemplateKey("0.1.0"), id: "m", marker: true})
	return r
}

// Trap 11: every version and delete marker goes, a thousand at a time, and then the bucket.
func TestTrap11PurgeRemovesAllVersions(t *testing.T) {
	r := full(2500)
	r.page = 700
	got, err := r.store().Purge(t.Context())
	want := store.Purged{BucketDeleted: true, Versions: 2500, Markers: 1}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if r.owner != "" || len(r.objects) != 0 {
		t.Errorf("left: %q with %d objects", r.owner, len(r.objects))
	}
	for _, call := range r.Calls() {
		if in, is := call.Input.(*s3.DeleteObjectsInput); is && len(in.Delete.Objects) > 1000 {
			t.Errorf("%d at a time", len(in.Delete.Objects))
		}
	}
	if n := count(r, "S3.DeleteObjects"); n != 3 {
		t.Errorf("%d batches", n)
	}
}

func TestPurgeOfNothing(t *testing.T) {
	r := newRegion()
	got, err := r.store().Purge(t.Context())
	if err != nil || !reflect.DeepEqual(got, store.Purged{Missing: true}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if ops := r.Operations(); !slices.Equal(ops, []string{"S3.ListObjectVersions"}) {
		t.Errorf("asked %v", ops)
	}
}

func TestPurgeOfAnEmptyBucket(t *testing.T) {
	r := newRegion()
	r.owner = account
	got, err := r.store().Purge(t.Context())
	if err != nil || !reflect.DeepEqual(got, store.Purged{BucketDeleted: true}) || r.owner != "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

// What plldb did not put there stays, and so does the bucket.
func TestPurgeLeavesWhatIsForeign(t *testing.T) {
	r := full(3)
	for _, foreign := range []string{"a", "a", "plldb/versions/0.1.0/notes.txt", "b", "c", "d", "e"} {
		r.objects = append(r.objects, object{key: foreign, id: "f" + strconv.Itoa(len(r.objects))})
	}
	got, err := r.store().Purge(t.Context())
	want := store.Purged{
		Versions: 3, Markers: 1,
		Foreign: 7, ForeignKeys: []string{"a", "b", "c", "d", "e"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if r.owner != account || len(r.objects) != 7 || count(r, "S3.DeleteBucket") != 0 {
		t.Errorf("left: %q with %d objects", r.owner, len(r.objects))
	}
}

func TestPurgeOfSomebodyElsesBucket(t *testing.T) {
	r := newRegion()
	r.owner = "999999999999"
	_, err := r.store().Purge(t.Context())
	if codeOf(err) != "AccessDenied" || !strings.Contains(err.Error(), ireland().Name) {
		t.Errorf("got %v", err)
	}
}

// refuse answers DeleteObjects with 200, and an error for each KEY@VERSION that holds the text.
func refuse(r *region, code, text string) fakeaws.Answer {
	return func(ctx context.Context, in any) (any, error) {
		all := in.(*s3.DeleteObjectsInput)
		out := &s3.DeleteObjectsOutput{}
		var others []types.ObjectIdentifier
		for _, o := range all.Delete.Objects {
			if strings.Contains(*o.Key+"@"+*o.VersionId, text) {
				out.Errors = append(out.Errors,
					types.Error{Key: o.Key, VersionId: o.VersionId, Code: &code, Message: aws.String("said S3")})
				continue
			}
			others = append(others, o)
		}
		_, err := r.read(r.deleteObjects)(ctx, &s3.DeleteObjectsInput{Delete: &types.Delete{Objects: others}})
		return out, err
	}
}

// Traps 11 and 41: errors stand in an answer of 200. They are errors, they name what stayed, and the next run goes on.
func TestTrap41ErrorsInAnAnswerOf200(t *testing.T) {
	r := full(4)
	r.On("S3.DeleteObjects", refuse(r, "AccessDenied", "/0.0.0/"))
	got, err := r.store().Purge(t.Context())
	if codeOf(err) != "AccessDenied" {
		t.Errorf("got %v", err)
	}
	for _, want := range []string{artifact.ArchiveKey("0.0.0", "fn"), "version v3", "1 more", ireland().Name, "said S3"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if got.Versions != 2 || got.Markers != 1 || got.BucketDeleted || count(r, "S3.DeleteObjects") != 1 {
		t.Errorf("got %+v after %v", got, r.Operations())
	}
	r.On("S3.DeleteObjects", r.read(r.deleteObjects))
	if got, err = r.store().Purge(t.Context()); err != nil || got.Versions != 2 || !got.BucketDeleted {
		t.Errorf("the next run: %+v, %v", got, err)
	}
}

// Errors that pass by themselves are tried once more, and only what was refused is sent again.
func TestPurgeTriesAgainWhatS3CouldNotDo(t *testing.T) {
	for _, code := range []string{"InternalError", "SlowDown"} {
		r := full(4)
		r.On("S3.DeleteObjects", fakeaws.InTurn(refuse(r, code, "fn.zip"), r.read(r.deleteObjects)))
		got, err := r.store().Purge(t.Context())
		if err != nil || got.Versions != 4 || got.Markers != 1 || !got.BucketDeleted {
			t.Errorf("%s: %+v, %v", code, got, err)
		}
		var sizes []int
		for _, call := range r.Calls() {
			if in, is := call.Input.(*s3.DeleteObjectsInput); is {
				sizes = append(sizes, len(in.Delete.Objects))
			}
		}
		if !slices.Equal(sizes, []int{5, 4}) {
			t.Errorf("%s: sent %v", code, sizes)
		}
		r = full(4)
		r.On("S3.DeleteObjects", refuse(r, code, "fn.zip@v3")) // one version of two
		got, err = r.store().Purge(t.Context())
		if codeOf(err) != code || got.Versions != 3 || count(r, "S3.DeleteObjects") != 2 {
			t.Errorf("%s for ever: %+v, %v", code, got, err)
		}
	}
}

// Somebody puts an archive there after the look: S3 says that the bucket is not empty, and the purge looks again.
func TestPurgeLooksAgainWhenTheBucketIsNotEmpty(t *testing.T) {
	r := full(1)
	r.On("S3.DeleteBucket", fakeaws.InTurn(func(ctx context.Context, in any) (any, error) {
		r.objects = append(r.objects, object{key: key, id: "late"})
		return r.read(r.deleteBucket)(ctx, in)
	}, r.read(r.deleteBucket)))
	got, err := r.store().Purge(t.Context())
	if err != nil || got.Versions != 2 || !got.BucketDeleted || count(r, "S3.DeleteBucket") != 2 {
		t.Errorf("got %+v, %v after %v", got, err, r.Operations())
	}
}

func TestPurgeEndsWhenTheBucketNeverGetsEmpty(t *testing.T) {
	r := full(1)
	r.On("S3.DeleteBucket", fakeaws.Fails("BucketNotEmpty", ""))
	_, err := r.store().Purge(t.Context())
	p, ok := errors.AsType[*report.Problem](err)
	if !ok || p.Hint == "" || !strings.Contains(p.Message, ireland().Name) {
		t.Errorf("got %v", err)
	}
}

// Two purges side by side, or one that another finished: a bucket that is gone is what was asked for.
func TestPurgeOfABucketThatGoesMeanwhile(t *testing.T) {
	r := full(1)
	r.On("S3.DeleteBucket", fakeaws.Fails("NoSuchBucket", ""))
	if got, err := r.store().Purge(t.Context()); err != nil || !got.BucketDeleted || got.Missing {
		t.Errorf("got %+v, %v", got, err)
	}
	r = full(1)
	r.On("S3.DeleteBucket", fakeaws.Fails("OperationAborted", ""))
	r.On("S3.ListObjectVersions", fakeaws.InTurn(r.read(r.list), fakeaws.Fails("NoSuchBucket", "")))
	if got, err := r.store().Purge(t.Context()); err != nil || !got.BucketDeleted || got.Missing {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestPurgeNamesWhatFailed(t *testing.T) {
	for operation, want := range map[string]string{
		"S3.ListObjectVersions": "listing bucket " + ireland().Name,
		"S3.DeleteObjects":      "removing 2 objects from bucket " + ireland().Name,
		"S3.DeleteBucket":       "deleting bucket " + ireland().Name,
	} {
		r := full(1)
		r.On(operation, fakeaws.Fails("AccessDenied", ""))
		_, err := r.store().Purge(t.Context())
		if codeOf(err) != "AccessDenied" || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", operation, err)
		}
	}
}
