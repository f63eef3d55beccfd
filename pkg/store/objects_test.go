package store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/localcloud"
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

// versioned is a world whose bucket was just set up, and the calls forgotten; takes is trap 44's time.
func versioned(t *testing.T, takes time.Duration) (*world, bucket) {
	t.Helper()
	w := slowWorld(t, takes)
	setUp(t, w.store(), ireland())
	w.calls = nil
	return w, w.door(owner, ireland())
}

// The figure: a cold setup of four functions asks S3 for this and nothing more.
func TestAColdSetupTakes22Requests(t *testing.T) {
	w := newWorld(t)
	s := w.store()
	_, careful := setUp(t, s, ireland())
	for _, name := range []string{"a", "b", "c", "d"} {
		sent, err := s.PutArchive(t.Context(), archive(name, name), artifact.ArchiveKey("0.1.0", name), careful)
		mustDo(t, sent, err)
	}
	sent, err := s.PutTemplate(t.Context(), []byte("Resources: {}"), artifact.TemplateKey("0.1.0"), careful)
	mustDo(t, sent, err)
	if n := len(w.operations()); n != 7+1+5+4+4+1 || w.count("HeadObject") != 4 {
		t.Errorf("%d requests: %v", n, w.operations())
	}
}

// R8
func TestPutArchiveInABucketThatVersions(t *testing.T) {
	w, b := versioned(t, 0)
	got, err := w.store().PutArchive(t.Context(), archive("fn", "zip"), key, false)
	want := artifact.Object{
		Name: "fn", Bucket: ireland().Name, Key: "plldb/versions/0.1.0/lambda_functions/fn.zip",
		VersionID: mustDo(t, got, err).VersionID, Digest: artifact.DigestOf([]byte("zip")), Size: 3, Uploaded: true,
	}
	if got != want || b.text(key, got.VersionID) != "zip" {
		t.Errorf("got %+v", got)
	}
	if !slices.Equal(w.operations(), []string{"PutObject"}) {
		t.Errorf("asked %v", w.operations())
	}
}

// An upload that arrived without an answer is sent again: what counts is the version that was answered.
func TestAnUploadWhoseAnswerIsLost(t *testing.T) {
	w, b := versioned(t, 0)
	w.hurts(localcloud.Fault{Operation: "PutObject", Times: 1, Lose: true})
	got, err := w.store().PutArchive(t.Context(), archive("fn", "zip"), key, true)
	if b.text(key, mustDo(t, got, err).VersionID) != "zip" || len(b.versions()) != 2 {
		t.Errorf("got %+v of %v", got, b.versions())
	}
}

// Trap 44: a bucket that was just made versioned gives no version, and then for a while versions that nobody finds. The
// upload is repeated until one came back and HeadObject finds the digest by it, for all of the fifteen minutes that AWS
// speaks of.
func TestTrap44UploadsWaitForVersions(t *testing.T) {
	w, b := versioned(t, 15*time.Minute)
	told := &ears{}
	s := w.store(store.WithSink(told))
	got, err := s.PutArchive(t.Context(), archive("fn", "zip"), key, true)
	if b.text(key, mustDo(t, got, err).VersionID) != "zip" {
		t.Errorf("got %+v", got)
	}
	puts, heads := w.count("PutObject"), w.count("HeadObject")
	if heads < 2 || puts-heads < 2 { // without a version there is nothing to ask for
		t.Errorf("asked %v", w.operations())
	}
	notices := heard[report.Notice](told)
	if len(notices) != 1 || !strings.Contains(notices[0].Text, "15 minutes") {
		t.Errorf("told %v", notices)
	}
}

// Trap 44: so it is when the caller did not expect it: from the first upload without a version on it is careful.
func TestTrap44NobodyExpectedIt(t *testing.T) {
	w, b := versioned(t, time.Minute)
	got, err := w.store().PutArchive(t.Context(), archive("fn", "zip"), key, false)
	if b.text(key, mustDo(t, got, err).VersionID) != "zip" || w.count("HeadObject") == 0 {
		t.Errorf("got %+v after %v", got, w.operations())
	}
}

// Trap 44: a version counts when HeadObject finds the digest by it. That it has none, or another, S3 never says of what
// was sent with one.
func TestTrap44AVersionCountsWhenItIsFound(t *testing.T) {
	w, b := versioned(t, 0)
	asked := 0
	w.odd = func(rw http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodHead || r.Header.Get("x-amz-expected-bucket-owner") == "" {
			return false
		}
		if asked++; asked == 2 {
			rw.Header().Set("x-amz-checksum-sha256", artifact.DigestOf(nil).String())
		}
		return asked <= 2
	}
	got, err := w.store().PutArchive(t.Context(), archive("fn", "zip"), key, true)
	newest := b.versions()[0]
	if key+"@"+mustDo(t, got, err).VersionID != newest || w.count("PutObject") != 3 || asked != 3 {
		t.Errorf("got %+v after %v", got, w.operations())
	}
}

// Trap 44: AWS says 15 minutes; after those it is given up, in words.
func TestTrap44WaitingIsBounded(t *testing.T) {
	w, _ := versioned(t, time.Hour)
	var waited []time.Duration
	s := w.store(store.WithSleep(note(&waited)))
	_, err := s.PutArchive(t.Context(), archive("fn", "zip"), key, true)
	if p, ok := errors.AsType[*report.Problem](err); !ok || !strings.Contains(p.Message, "fn.zip") || p.Hint == "" {
		t.Errorf("got %v", err)
	}
	if sum(waited) != 15*time.Minute || slices.Max(waited) != 15*time.Second || waited[0] != time.Second {
		t.Errorf("waited %v in all, at most %v", sum(waited), slices.Max(waited))
	}
}

func TestUploadsSideBySideTellOnceThatTheyWait(t *testing.T) {
	w, b := versioned(t, time.Minute)
	told := &ears{}
	s := w.store(store.WithSink(told))
	var all sync.WaitGroup
	for _, name := range []string{"a", "b", "c", "d"} {
		all.Go(func() {
			o, err := s.PutArchive(t.Context(), archive(name, name), artifact.ArchiveKey("0.1.0", name), true)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			} else if got := b.text(o.Key, o.VersionID); got != name {
				t.Errorf("%s: it holds %q", name, got)
			}
		})
	}
	all.Wait()
	if n := len(heard[report.Notice](told)); n != 1 {
		t.Errorf("%d notices", n)
	}
}

func TestWaitingForVersionsStopsWithTheContext(t *testing.T) {
	w, _ := versioned(t, time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	s := w.store(store.WithSleep(func(ctx context.Context, _ time.Duration) error {
		cancel()
		return ctx.Err()
	}))
	if _, err := s.PutArchive(ctx, archive("fn", "zip"), key, true); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if n := w.count("PutObject"); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

// A bucket just made may still be called missing; one that was there is gone.
func TestPutArchiveIntoAMissingBucket(t *testing.T) {
	for _, careful := range []bool{true, false} {
		w, _ := versioned(t, 0)
		w.refuses("PutObject", 1, http.StatusNotFound, "NoSuchBucket")
		_, err := w.store().PutArchive(t.Context(), archive("fn", "zip"), key, careful)
		if (err == nil) != careful || (!careful && codeOf(err) != "NoSuchBucket") {
			t.Errorf("careful %v: %v", careful, err)
		}
	}
}

func TestAnArchiveThatChangedIsNotSent(t *testing.T) {
	w, _ := versioned(t, 0)
	a := archive("fn", "zip")
	a.Open = archive("fn", "ZIP").Open
	_, err := w.store().PutArchive(t.Context(), a, key, false)
	p, ok := errors.AsType[*report.Problem](err)
	if !ok || p.Message != "fn.zip changed on disk since it was packed" || p.Hint == "" {
		t.Errorf("got %v", err)
	}
	if w.count("PutObject") != 0 {
		t.Error("it was sent")
	}
}

// turning is a file that is written anew once it was read to its end.
type turning struct {
	readCloser
	reads int
}

func (t *turning) Read(p []byte) (int, error) {
	n, err := t.readCloser.Read(p)
	if t.reads > 0 {
		copy(p, bytes.ToUpper(p[:n]))
	}
	if err == io.EOF {
		t.reads++
	}
	return n, err
}

// It may also change between its check and its sending: S3 finds that, by the checksum.
func TestAnArchiveThatChangesOnItsWay(t *testing.T) {
	w, b := versioned(t, 0)
	a := archive("fn", "zip")
	a.Open = func() (io.ReadSeekCloser, error) {
		return &turning{readCloser: readCloser{strings.NewReader("zip")}}, nil
	}
	_, err := w.store().PutArchive(t.Context(), a, key, false)
	if p, ok := errors.AsType[*report.Problem](err); !ok || !strings.Contains(p.Message, "fn.zip") {
		t.Errorf("got %v", err)
	}
	if codeOf(err) != "BadDigest" || len(b.versions()) != 0 {
		t.Errorf("code %s; there are %v", codeOf(err), b.versions())
	}
}

func TestPutArchiveNamesWhatFailed(t *testing.T) {
	w, b := versioned(t, 0)
	gone := archive("fn", "zip")
	gone.Open = func() (io.ReadSeekCloser, error) { return nil, io.ErrUnexpectedEOF }
	_, err := w.store().PutArchive(t.Context(), gone, key, false)
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "opening fn.zip") {
		t.Errorf("got %v", err)
	}
	b.denies(`"s3:PutObject"`, "*")
	_, err = w.store().PutArchive(t.Context(), archive("fn", "zip"), key, false)
	if codeOf(err) != "AccessDenied" || !strings.Contains(err.Error(), "uploading fn.zip") {
		t.Errorf("got %v", err)
	}
}

// R9
func TestPutTemplate(t *testing.T) {
	text, key := []byte("Resources: {}\n"), "plldb/versions/0.1.0/template.yaml"
	for _, careful := range []bool{true, false} {
		w, b := versioned(t, time.Second)
		got, err := w.store().PutTemplate(t.Context(), text, artifact.TemplateKey("0.1.0"), careful)
		id := mustDo(t, got, err).VersionID
		want := artifact.Template{
			Text: text, Bucket: ireland().Name, Key: key, VersionID: id,
			URL: w.url + "/" + ireland().Name + "/" + key + "?versionId=" + id,
		}
		if !reflect.DeepEqual(got, want) || b.text(key, id) != string(text) {
			t.Errorf("got %+v", got)
		}
		if !slices.Equal(w.operations(), []string{"PutObject", "PutObject"}) {
			t.Errorf("asked %v", w.operations())
		}
	}
}
