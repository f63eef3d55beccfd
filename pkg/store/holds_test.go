package store_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/store"
)

// HeadObject's answers have no body: what the SDK makes of the bare status decides.
func TestHolds(t *testing.T) {
	zip, none := artifact.DigestOf([]byte("zip")), artifact.Digest{}
	w := newWorld(t)
	b := w.made(owner)
	b.put(key, "zip")
	b.versioning(types.BucketVersioningStatusEnabled)
	s := w.store()
	sent, err := s.PutArchive(t.Context(), archive("fn", "zip"), key, false)
	id := mustDo(t, sent, err).VersionID
	w.calls = nil
	for _, c := range []struct {
		name, id string
		digest   artifact.Digest
		want     bool
		code     string
	}{
		{"there", id, zip, true, ""},
		{"other bytes", id, none, false, ""},
		{"a version that never was", strings.Repeat("v", 32), zip, false, ""},
		{"a version of another key", b.put("other", "zip"), zip, false, ""},
		{"a delete marker", b.hide(key), zip, false, ""},
		{"no version could be called so", "v1", zip, false, "BadRequest"},
		{"a null version (trap 44)", "null", zip, false, ""},
		{"no version", "", zip, false, ""},
	} {
		if got, err := s.Holds(t.Context(), key, c.id, c.digest); got != c.want || codeOf(err) != c.code {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
	if n := w.count("HeadObject"); n != 6 {
		t.Errorf("asked %d times", n)
	}
}

// Trap 57: without kms:Decrypt the checksum is refused, and a HeadObject's 403 says no more. Then the archive is sent
// again; but an upload that must be found and may not be looked for is an error, not a wait.
func TestTrap57ARefusedChecksum(t *testing.T) {
	w, b := versioned(t, 0)
	id := b.put(key, "zip")
	b.denies(`["s3:GetObject","s3:GetObjectVersion"]`, "*")
	s := w.store()
	if holds, err := s.Holds(t.Context(), key, id, artifact.DigestOf([]byte("zip"))); holds || err != nil {
		t.Errorf("holds %v, %v", holds, err)
	}
	if _, err := s.PutArchive(t.Context(), archive("fn", "zip"), key, true); codeOf(err) != "Forbidden" {
		t.Errorf("got %v", err)
	}
	if n := w.count("PutObject"); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

// Trap 66: HeadObject gives the same 404 for a missing bucket and a missing key; the look tells them apart.
func TestTrap66AMissingBucketIsSeenByTheLook(t *testing.T) {
	none := newWorld(t)
	empty, _ := versioned(t, 0)
	for w, want := range map[*world]store.State{none: store.Absent, empty: store.Ours} {
		if holds, err := w.store().Holds(t.Context(), key, strings.Repeat("v", 32), artifact.Digest{}); holds || err != nil {
			t.Errorf("holds %v, %v", holds, err)
		}
		if seen, err := w.store().Look(t.Context(), artifact.Root); err != nil || seen.State != want {
			t.Errorf("state %v, %v; want %v", seen.State, err, want)
		}
	}
}
