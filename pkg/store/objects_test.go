package store_test

import (
	"context"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/fakeaws"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/store"
)

type readCloser struct{ io.ReadSeeker }

func (readCloser) Close() error { return nil }

func archive(name, content string) artifact.Archive {
	return artifact.Archive{
		Name: name, Digest: artifact.DigestOf([]byte(content)), Size: int64(len(content)),
		Open: func() (io.ReadSeekCloser, error) { return readCloser{strings.NewReader(content)}, nil },
	}
}

var key = artifact.ArchiveKey("0.1.0", "fn")

// versioned is a region whose bucket is set up; the first late uploads get no version.
func versioned(t *testing.T, late int) *region {
	t.Helper()
	r := newRegion()
	setUp(t, r.store(), ireland())
	r.late = late
	return r
}

// The figure: a cold setup of four functions asks S3 for this and nothing more.
func TestAColdSetupTakes22Requests(t *testing.T) {
	r := newRegion()
	s := r.store()
	_, careful := setUp(t, s, ireland())
	for _, name := range []string{"a", "b", "c", "d"} {
		key := artifact.ArchiveKey("0.1.0", name)
		if _, err := s.PutArchive(t.Context(), archive(name, name), key, careful); err != nil {
			t.Fatal(err)
		}
	}
	text, key := []byte("Resources: {}"), artifact.TemplateKey("0.1.0")
	if _, err := s.PutTemplate(t.Context(), text, key, careful); err != nil {
		t.Fatal(err)
	}
	if n := len(r.Operations()); n != 7+1+5+4+4+1 || count(r, "S3.HeadObject") != 4 {
		t.Errorf("%d requests: %v", n, r.Operations())
	}
}

// R8
func TestPutArchiveInABucketThatVersions(t *testing.T) {
	r := versioned(t, 0)
	got, err := r.store().PutArchive(t.Context(), archive("fn", "zip"), key, false)
	want := artifact.Object{
		Name: "fn", Bucket: ireland().Name, Key: "plldb/versions/0.1.0/lambda_functions/fn.zip", VersionID: "v1",
		Digest: artifact.DigestOf([]byte("zip")), Size: 3, Uploaded: true,
	}
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if count(r, "S3.PutObject") != 1 || count(r, "S3.HeadObject") != 0 {
		t.Errorf("asked %v", r.Operations())
	}
}

// Trap 44: a bucket that does not version yet gives no version; the upload is repeated until one came back and
// HeadObject finds the digest by it. Whether the caller expected it makes no difference.
func TestTrap44UploadsWaitForVersions(t *testing.T) {
	for _, careful := range []bool{true, false} {
		r, told := versioned(t, 3), &ears{}
		s := r.store(store.WithSink(told))
		got, err := s.PutArchive(t.Context(), archive("fn", "zip"), key, careful)
		if err != nil || got.VersionID != "v1" {
			t.Errorf("got %+v, %v", got, err)
		}
		if count(r, "S3.PutObject") != 4 || count(r, "S3.HeadObject") != 1 {
			t.Errorf("asked %v", r.Operations())
		}
		notices := heard[report.Notice](told)
		if len(notices) != 1 || !strings.Contains(notices[0].Text, "15 minutes") {
			t.Errorf("told %v", notices)
		}
	}
}

// Trap 44: the version that came back is not found yet, or holds something else.
func TestTrap44AVersionCountsWhenItIsFound(t *testing.T) {
	digest := artifact.DigestOf([]byte("zip")).String()
	other := artifact.DigestOf(nil).String()
	r := versioned(t, 0)
	r.On("S3.HeadObject", fakeaws.InTurn(
		fakeaws.Fails("NotFound", ""),
		fakeaws.Always(&s3.HeadObjectOutput{}),
		fakeaws.Always(&s3.HeadObjectOutput{ChecksumSHA256: &other}),
		fakeaws.Always(&s3.HeadObjectOutput{ChecksumSHA256: &digest}),
	))
	got, err := r.store().PutArchive(t.Context(), archive("fn", "zip"), key, true)
	if err != nil || got.VersionID != "v4" || count(r, "S3.PutObject") != 4 {
		t.Errorf("got %+v, %v after %v", got, err, r.Operations())
	}
}

// Trap 44: AWS says 15 minutes; after those it is given up, in words.
func TestTrap44WaitingIsBounded(t *testing.T) {
	r := versioned(t, 1000)
	var waited []time.Duration
	s := r.store(store.WithSleep(note(&waited)))
	_, err := s.PutArchive(t.Context(), archive("fn", "zip"), key, true)
	if p, ok := errors.AsType[*report.Problem](err); !ok || !strings.Contains(p.Message, "fn.zip") || p.Hint == "" {
		t.Errorf("got %v", err)
	}
	if sum(waited) != 15*time.Minute || slices.Max(waited) != 15*time.Second || waited[0] != time.Second {
		t.Errorf("waited %v in all, at most %v", sum(waited), slices.Max(waited))
	}
}

func TestUploadsSideBySideTellOnceThatTheyWait(t *testing.T) {
	r, told := versioned(t, 8), &ears{}
	s := r.store(store.WithSink(told))
	var all sync.WaitGroup
	for _, name := range []string{"a", "b", "c", "d"} {
		all.Go(func() {
			o, err := s.PutArchive(t.Context(), archive(name, name), artifact.ArchiveKey("0.1.0", name), true)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if holds, err := s.Holds(t.Context(), o.Key, o.VersionID, o.Digest); !holds || err != nil {
				t.Errorf("%s: holds %v, %v", name, holds, err)
			}
		})
	}
	all.Wait()
	if n := len(heard[report.Notice](told)); n != 1 {
		t.Errorf("%d notices", n)
	}
}

func TestWaitingForVersionsStopsWithTheContext(t *testing.T) {
	r := versioned(t, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	s := r.store(store.WithSleep(func(ctx context.Context, _ time.Duration) error {
		cancel()
		return ctx.Err()
	}))
	if _, err := s.PutArchive(ctx, archive("fn", "zip"), key, true); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if n := count(r, "S3.PutObject"); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

// A bucket just made may still be called missing; one that was there is gone.
func TestPutArchiveIntoAMissingBucket(t *testing.T) {
	for _, careful := range []bool{true, false} {
		r := versioned(t, 0)
		r.On("S3.PutObject", fakeaws.InTurn(fakeaws.Fails("NoSuchBucket", ""), r.read(r.putObject)))
		_, err := r.store().PutArchive(t.Context(), archive("fn", "zip"), key, careful)
		if (err == nil) != careful || (!careful && codeOf(err) != "NoSuchBucket") {
			t.Errorf("careful %v: %v", careful, err)
		}
	}
}

func TestAnArchiveThatChangedIsNotSent(t *testing.T) {
	r := versioned(t, 0)
	a := archive("fn", "zip")
	a.Open = archive("fn", "ZIP").Open
	_, err := r.store().PutArchive(t.Context(), a, key, false)
	p, ok := errors.AsType[*report.Problem](err)
	if !ok || p.Message != "fn.zip changed on disk since it was packed" || p.Hint == "" {
		t.Errorf("got %v", err)
	}
	if count(r, "S3.PutObject") != 0 {
		t.Error("it was sent")
	}
}

// It may also change between its check and its sending: S3 finds that.
func TestAnArchiveThatChangesOnItsWay(t *testing.T) {
	r := versioned(t, 0)
	r.On("S3.PutObject", fakeaws.Fails("BadDigest", "The SHA256 you specified did not match the calculated checksum."))
	_, err := r.store().PutArchive(t.Context(), archive("fn", "zip"), key, false)
	if p, ok := errors.AsType[*report.Problem](err); !ok || !strings.Contains(p.Message, "fn.zip") {
		t.Errorf("got %v", err)
	}
}

func TestPutArchiveNamesWhatFailed(t *testing.T) {
	r := versioned(t, 0)
	gone := archive("fn", "zip")
	gone.Open = func() (io.ReadSeekCloser, error) { return nil, io.ErrUnexpectedEOF }
	_, err := r.store().PutArchive(t.Context(), gone, key, false)
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "opening fn.zip") {
		t.Errorf("got %v", err)
	}
	r.On("S3.PutObject", fakeaws.Fails("AccessDenied", ""))
	_, err = r.store().PutArchive(t.Context(), archive("fn", "zip"), key, false)
	if codeOf(err) != "AccessDenied" || !strings.Contains(err.Error(), "uploading fn.zip") {
		t.Errorf("got %v", err)
	}
}

func TestHolds(t *testing.T) {
	zip, other := artifact.DigestOf([]byte("zip")), artifact.DigestOf([]byte("other"))
	r := versioned(t, 0)
	s := r.store()
	if _, err := s.PutArchive(t.Context(), archive("fn", "zip"), key, false); err != nil {
		t.Fatal(err)
	}
	r.objects = append(r.objects, object{key: key, id: "null", digest: zip.String()})
	for _, c := range []struct {
		name, id string
		digest   artifact.Digest
		want     bool
	}{
		{"there", "v1", zip, true},
		{"other bytes", "v1", other, false},
		{"another version", "v2", zip, false},
		{"a null version (trap 44)", "null", zip, false},
		{"no version", "", zip, false},
	} {
		if got, err := s.Holds(t.Context(), key, c.id, c.digest); got != c.want || err != nil {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
	if n := count(r, "S3.HeadObject"); n != 3 {
		t.Errorf("asked %d times", n)
	}
}

// Trap 57: without kms:Decrypt the checksum is refused, and a HeadObject's 403 says no more. Then the archive is sent
// again; but an upload that must be found and may not be looked for is an error, not a wait.
func TestTrap57ARefusedChecksum(t *testing.T) {
	r := versioned(t, 0)
	r.On("S3.HeadObject", fakeaws.Fails("Forbidden", ""))
	s := r.store()
	if holds, err := s.Holds(t.Context(), key, "v1", artifact.Digest{}); holds || err != nil {
		t.Errorf("holds %v, %v", holds, err)
	}
	if _, err := s.PutArchive(t.Context(), archive("fn", "zip"), key, true); codeOf(err) != "Forbidden" {
		t.Errorf("got %v", err)
	}
	if n := count(r, "S3.PutObject"); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

// Trap 66: HeadObject gives the same 404 for a missing bucket and a missing key; the look tells them apart.
func TestTrap66AMissingBucketIsSeenByTheLook(t *testing.T) {
	none, empty := newRegion(), newRegion()
	none.On("S3.HeadObject", fakeaws.Fails("NotFound", ""))
	empty.owner, empty.status = account, types.BucketVersioningStatusEnabled
	for r, want := range map[*region]store.State{none: store.Absent, empty: store.Ours} {
		if holds, err := r.store().Holds(t.Context(), key, "v1", artifact.Digest{}); holds || err != nil {
			t.Errorf("holds %v, %v", holds, err)
		}
		if seen, err := r.store().Look(t.Context(), artifact.Root); err != nil || seen.State != want {
			t.Errorf("state %v, %v; want %v", seen.State, err, want)
		}
	}
}

// R9
func TestPutTemplate(t *testing.T) {
	text, key := []byte("Resources: {}\n"), "plldb/versions/0.1.0/template.yaml"
	for _, careful := range []bool{true, false} {
		r := versioned(t, 1)
		got, err := r.store().PutTemplate(t.Context(), text, artifact.TemplateKey("0.1.0"), careful)
		if err != nil {
			t.Fatal(err)
		}
		want := artifact.Template{
			Text: text, Bucket: ireland().Name, Key: key, VersionID: "v1",
			URL: "https://" + ireland().Name + ".s3.eu-west-1.amazonaws.com/" + key + "?versionId=v1",
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v", got)
		}
		if count(r, "S3.HeadObject") != 0 || count(r, "S3.PutObject") != 2 {
			t.Errorf("asked %v", r.Operations())
		}
	}
}
