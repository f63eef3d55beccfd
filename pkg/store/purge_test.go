package store_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/store"
)

// full is a bucket with what several versions of plldb put there: the versions that are returned, and one delete
// marker.
func full(t *testing.T, n int) (*world, bucket, []string) {
	t.Helper()
	return filled(newWorld(t), n)
}

// filled fills the bucket of a world.
func filled(w *world, n int) (*world, bucket, []string) {
	w.t.Helper()
	b := w.made(owner)
	b.versioning(types.BucketVersioningStatusEnabled)
	var ids []string
	for i := range n {
		ids = append(ids, b.put(artifact.ArchiveKey("0."+strconv.Itoa(i%3)+".0", "fn"), "zip"))
	}
	b.hide(artifact.TemplateKey("0.1.0"))
	return w, b, ids
}

// Trap 11: every version and delete marker goes, a thousand at a time, and then the bucket.
func TestTrap11PurgeRemovesAllVersions(t *testing.T) {
	w, b, _ := filled(openWorld(t, 0), 1)
	for i := range 1000 {
		b.put(artifact.ArchiveKey("0.1.0", "fn"+strconv.Itoa(i)), "zip")
	}
	sizes, client := batches(w, 0, "", "")
	got, err := w.storeOf(ireland(), client).Purge(t.Context())
	want := store.Purged{BucketDeleted: true, Versions: 1001, Markers: 1}
	if err != nil || !reflect.DeepEqual(got, want) || b.there() {
		t.Errorf("got %+v, %v", got, err)
	}
	if !slices.Equal(*sizes, []int{1000, 2}) || w.count("ListObjectVersions") != 2 {
		t.Errorf("sent %v after %v", *sizes, w.operations())
	}
}

func TestPurgeOfNothing(t *testing.T) {
	w := newWorld(t)
	got, err := w.store().Purge(t.Context())
	if err != nil || !reflect.DeepEqual(got, store.Purged{Missing: true}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if ops := w.operations(); !slices.Equal(ops, []string{"ListObjectVersions"}) {
		t.Errorf("asked %v", ops)
	}
}

func TestPurgeOfAnEmptyBucket(t *testing.T) {
	w := newWorld(t)
	b := w.made(owner)
	got, err := w.store().Purge(t.Context())
	if err != nil || !reflect.DeepEqual(got, store.Purged{BucketDeleted: true}) || b.there() {
		t.Errorf("got %+v, %v", got, err)
	}
}

// What plldb did not put there stays, and so does the bucket.
func TestPurgeLeavesWhatIsForeign(t *testing.T) {
	w, b, _ := full(t, 3)
	for _, foreign := range []string{"a", "a", "plldb/versions/0.1.0/notes.txt", "b", "c", "d", "e"} {
		b.put(foreign, "theirs")
	}
	got, err := w.store().Purge(t.Context())
	want := store.Purged{
		Versions: 3, Markers: 1,
		Foreign: 7, ForeignKeys: []string{"a", "b", "c", "d", "e"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if len(b.versions()) != 7 || w.count("DeleteBucket") != 0 {
		t.Errorf("left: %v after %v", b.versions(), w.operations())
	}
}

func TestPurgeOfSomebodyElsesBucket(t *testing.T) {
	w := newWorld(t)
	b := w.made(other)
	_, err := w.store().Purge(t.Context())
	if codeOf(err) != "AccessDenied" || !strings.Contains(err.Error(), ireland().Name) || !b.there() {
		t.Errorf("got %v", err)
	}
}

// A purge of which every answer was lost once goes on all the same.
func TestPurgeWithoutAnswers(t *testing.T) {
	w, b, _ := full(t, 2)
	for _, operation := range []string{"ListObjectVersions", "DeleteObjects", "DeleteBucket"} {
		w.hurts(localcloud.Fault{Operation: operation, Times: 1, Lose: true})
	}
	got, err := w.store().Purge(t.Context())
	if err != nil || b.there() || !reflect.DeepEqual(got, store.Purged{BucketDeleted: true, Versions: 2, Markers: 1}) {
		t.Errorf("got %+v, %v after %v", got, err, w.operations())
	}
}

// batches is a client whose first calls of DeleteObjects, so many, answer 200 with an error for each KEY@VERSION that
// holds the text; the errors of S3 itself that pass cannot be provoked. It notes how many objects each call names.
func batches(w *world, times int, code, text string) (*[]int, *s3.Client) {
	var sizes []int
	partly := func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
		middleware.InitializeOutput, middleware.Metadata, error,
	) {
		all, is := in.Parameters.(*s3.DeleteObjectsInput)
		if !is {
			return next.HandleInitialize(ctx, in)
		}
		sizes = append(sizes, len(all.Delete.Objects))
		var stuck []types.Error
		others, named := *all, *all.Delete
		others.Delete, named.Objects = &named, nil
		for _, o := range all.Delete.Objects {
			if len(sizes) <= times && strings.Contains(*o.Key+"@"+*o.VersionId, text) {
				stuck = append(stuck, types.Error{Key: o.Key, VersionId: o.VersionId, Code: &code, Message: aws.String("said S3")})
				continue
			}
			named.Objects = append(named.Objects, o)
		}
		in.Parameters = &others
		if len(named.Objects) == 0 {
			return middleware.InitializeOutput{Result: &s3.DeleteObjectsOutput{Errors: stuck}}, middleware.Metadata{}, nil
		}
		out, meta, err := next.HandleInitialize(ctx, in)
		if err == nil {
			result := out.Result.(*s3.DeleteObjectsOutput)
			result.Errors = append(result.Errors, stuck...)
		}
		return out, meta, err
	}
	return &sizes, w.client(plldb, "eu-west-1", func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("partly", partly), middleware.Before)
		})
	})
}

// Traps 11 and 41: errors stand in an answer of 200. They are errors, they name what stayed, and the next run goes on.
func TestTrap41ErrorsInAnAnswerOf200(t *testing.T) {
	w, b, ids := full(t, 4)
	b.denies(`"s3:DeleteObjectVersion"`, "plldb/versions/0.0.0/*")
	got, err := w.store().Purge(t.Context())
	if codeOf(err) != "AccessDenied" {
		t.Errorf("got %v", err)
	}
	for _, want := range []string{
		artifact.ArchiveKey("0.0.0", "fn"), "version " + ids[3], "1 more", ireland().Name, "Access Denied",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if got.Versions != 2 || got.Markers != 1 || got.BucketDeleted || w.count("DeleteObjects") != 1 {
		t.Errorf("got %+v after %v", got, w.operations())
	}
	b.denies(`"s3:DeleteObjectVersion"`, "nothing")
	if got, err = w.store().Purge(t.Context()); err != nil || got.Versions != 2 || !got.BucketDeleted {
		t.Errorf("the next run: %+v, %v", got, err)
	}
}

// Errors that pass by themselves are tried once more, and only what was refused is sent again.
func TestPurgeTriesAgainWhatS3CouldNotDo(t *testing.T) {
	for _, code := range []string{"InternalError", "SlowDown", "ServiceUnavailable"} {
		w, b, _ := full(t, 4)
		sizes, client := batches(w, 1, code, "fn.zip")
		got, err := w.storeOf(ireland(), client).Purge(t.Context())
		if err != nil || !reflect.DeepEqual(got, store.Purged{BucketDeleted: true, Versions: 4, Markers: 1}) || b.there() {
			t.Errorf("%s: %+v, %v", code, got, err)
		}
		if !slices.Equal(*sizes, []int{5, 4}) {
			t.Errorf("%s: sent %v", code, *sizes)
		}
		w, b, ids := full(t, 4)
		sizes, client = batches(w, 99, code, "fn.zip@"+ids[3]) // one version of two
		got, err = w.storeOf(ireland(), client).Purge(t.Context())
		if codeOf(err) != code || got.Versions != 3 || !slices.Equal(*sizes, []int{5, 1}) || len(b.versions()) != 1 {
			t.Errorf("%s for ever: %+v, %v after %v", code, got, err, *sizes)
		}
	}
}

// beforeItGoes does something each time before the Store's DeleteBucket is served.
func (w *world) beforeItGoes(do func()) {
	w.odd = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodDelete && strings.Contains(r.Header.Get("Authorization"), plldb) {
			do()
		}
		return false
	}
}

// Somebody puts an archive there after the look: S3 says that the bucket is not empty, and the purge looks again.
func TestPurgeLooksAgainWhenTheBucketIsNotEmpty(t *testing.T) {
	w, b, _ := full(t, 1)
	late := 1
	w.beforeItGoes(func() {
		if late--; late == 0 {
			b.put(key, "late")
		}
	})
	got, err := w.store().Purge(t.Context())
	if err != nil || got.Versions != 2 || !got.BucketDeleted || b.there() || w.count("DeleteBucket") != 2 {
		t.Errorf("got %+v, %v after %v", got, err, w.operations())
	}
}

func TestPurgeEndsWhenTheBucketNeverGetsEmpty(t *testing.T) {
	w, b, _ := full(t, 1)
	w.beforeItGoes(func() { b.put(key, "again") })
	_, err := w.store().Purge(t.Context())
	p, ok := errors.AsType[*report.Problem](err)
	if !ok || p.Hint == "" || !strings.Contains(p.Message, ireland().Name) || w.count("DeleteBucket") < 3 {
		t.Errorf("got %v after %v", err, w.operations())
	}
}

// Two purges side by side, or one that another finished: a bucket that is gone is what was asked for.
func TestPurgeOfABucketThatGoesMeanwhile(t *testing.T) {
	gone := func(b bucket) func() {
		return func() { _, _ = b.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: b.name}) }
	}
	w, b, _ := full(t, 1)
	w.beforeItGoes(gone(b))
	if got, err := w.store().Purge(t.Context()); err != nil || !got.BucketDeleted || got.Missing {
		t.Errorf("got %+v, %v", got, err)
	}
	w, b, _ = full(t, 1)
	w.refuses("DeleteBucket", 1, http.StatusConflict, "OperationAborted")
	s := w.storeOf(ireland(), w.client(plldb, "eu-west-1"), store.WithSleep(func(context.Context, time.Duration) error {
		gone(b)()
		return nil
	}))
	if got, err := s.Purge(t.Context()); err != nil || !got.BucketDeleted || got.Missing {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestPurgeNamesWhatFailed(t *testing.T) {
	for operation, want := range map[string]string{
		"ListObjectVersions": "listing bucket " + ireland().Name,
		"DeleteObjects":      "removing 2 objects from bucket " + ireland().Name,
		"DeleteBucket":       "deleting bucket " + ireland().Name,
	} {
		w, _, _ := full(t, 1)
		w.refuses(operation, 0, http.StatusForbidden, "AccessDenied")
		_, err := w.store().Purge(t.Context())
		if codeOf(err) != "AccessDenied" || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", operation, err)
		}
	}
}
