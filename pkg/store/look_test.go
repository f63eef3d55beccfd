package store_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/store"
)

// reads are the questions of a look.
var reads = []string{
	"GetBucketEncryption", "GetBucketLifecycleConfiguration", "GetBucketOwnershipControls", "GetBucketPolicy",
	"GetBucketVersioning", "GetPublicAccessBlock", "ListObjectVersions",
}

// R7
func TestBucketName(t *testing.T) {
	want := "plldb-core-infrastructure-eu-west-1-123456789012"
	if got := store.BucketName("eu-west-1", account); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The look is one answer deep: all is asked before anything is answered.
func TestLookAsksSevenQuestionsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := openWorld(t, 0)
		lift := w.hurts(localcloud.Fault{Stall: true})
		looked := make(chan error)
		go func() {
			_, err := w.store().Look(t.Context(), artifact.Root)
			looked <- err
		}()
		synctest.Wait()
		got := w.operations()
		slices.Sort(got)
		if !slices.Equal(got, reads) {
			t.Errorf("asked %v, want %v", got, reads)
		}
		lift()
		if err := <-looked; err != nil {
			t.Error(err)
		}
	})
}

func TestLookFindsTheState(t *testing.T) {
	ours := func(w *world) { w.made(owner) }
	just := func(known string) func(w *world) { // made just now: only one read finds it, or an absent setting of it
		return func(w *world) {
			w.made(owner)
			for _, name := range reads {
				if name != known {
					w.refuses(name, 0, http.StatusNotFound, "NoSuchBucket")
				}
			}
		}
	}
	for _, c := range []struct {
		name    string
		prepare func(w *world)
		key     string
		want    store.State
		err     string // code
	}{
		{"missing", func(*world) {}, plldb, store.Absent, ""},
		{"there, with nothing set", ours, plldb, store.Ours, ""},
		{"somebody else's", func(w *world) { w.made(other) }, plldb, store.Unknown, ""},
		{"in another region than its name says", inVirginia, plldb, store.Unknown, ""},
		{"just being made", just("GetBucketVersioning"), plldb, store.Ours, ""},
		{"just being made, and only an absent setting knows", just("GetBucketPolicy"), plldb, store.Ours, ""},
		{"one read not allowed", func(w *world) {
			w.refuses("GetBucketLifecycleConfiguration", 0, http.StatusForbidden, "AccessDenied")
		}, plldb, 0, "AccessDenied"},
		{"bad credentials", ours, nobody, 0, "InvalidAccessKeyId"},
		{"one read fails", func(w *world) {
			w.refuses("ListObjectVersions", 0, http.StatusMethodNotAllowed, "MethodNotAllowed")
		}, plldb, 0, "MethodNotAllowed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			c.prepare(w)
			seen, err := w.storeOf(ireland(), w.client(c.key, "eu-west-1")).Look(t.Context(), artifact.Root)
			if got := codeOf(err); got != c.err || seen.State != c.want {
				t.Errorf("state %v, error %v; want %v, %q", seen.State, err, c.want, c.err)
			}
			if refused := codeOf(seen.Refused); (seen.State == store.Unknown) != (refused != "") {
				t.Errorf("state %v with refusal %q", seen.State, refused)
			}
		})
	}
}

// inVirginia makes the bucket of Ireland's name in us-east-1.
func inVirginia(w *world) {
	name := ireland().Name
	out, err := w.client(owner, "us-east-1").CreateBucket(w.t.Context(), &s3.CreateBucketInput{Bucket: &name})
	mustDo(w.t, out, err)
}

func TestLookNamesWhatItReadAndWhere(t *testing.T) {
	w := newWorld(t)
	b := w.made(owner)
	b.policy(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",` +
		`"Action":"s3:GetLifecycleConfiguration","Resource":"arn:aws:s3:::` + *b.name + `"}]}`)
	_, err := w.store().Look(t.Context(), artifact.Root)
	if codeOf(err) != "AccessDenied" || !strings.Contains(err.Error(), "reading the lifecycle of bucket "+*b.name) {
		t.Errorf("got %v", err)
	}
}

func TestLookStopsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newWorld(t).store().Look(ctx, artifact.Root); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// Trap 47: each setting that is not there has an error code of its own, and none of them is an error. That of the
// encryption is of the years before 2023, when a bucket could be without.
func TestTrap47AbsentSettingsAreNoErrors(t *testing.T) {
	w := newWorld(t)
	b := w.made(owner)
	block, err := b.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: b.name})
	mustDo(t, block, err)
	controls, err := b.DeleteBucketOwnershipControls(t.Context(),
		&s3.DeleteBucketOwnershipControlsInput{Bucket: b.name})
	mustDo(t, controls, err)
	w.refuses("GetBucketEncryption", 0, http.StatusNotFound, "ServerSideEncryptionConfigurationNotFoundError")
	seen, err := w.store().Look(t.Context(), artifact.Root)
	if err != nil || !reflect.DeepEqual(seen.Settings, store.Settings{}) || seen.State != store.Ours {
		t.Errorf("got %+v, %v", seen, err)
	}
}

// Trap 47: the code of one setting is an error in the answer to another.
func TestTrap47CodesBelongToTheirSetting(t *testing.T) {
	w := newWorld(t)
	w.made(owner)
	w.refuses("GetBucketEncryption", 0, http.StatusNotFound, "NoSuchBucketPolicy")
	if _, err := w.store().Look(t.Context(), artifact.Root); codeOf(err) != "NoSuchBucketPolicy" {
		t.Errorf("got %v", err)
	}
}

func TestLookReadsWhatIsSet(t *testing.T) {
	w := newWorld(t)
	setUp(t, w.store(), ireland())
	set := w.settings()
	if set.PublicAccess == nil || set.Encryption == nil || len(set.Policy.Statements) != 1 || len(set.Lifecycle) != 1 ||
		set.Versioning != types.BucketVersioningStatusEnabled ||
		set.Ownership != types.ObjectOwnershipBucketOwnerEnforced {
		t.Errorf("got %+v", set)
	}
}

// S3 has none that is no JSON, since it checks them.
func TestLookRefusesAPolicyThatIsNoJSON(t *testing.T) {
	w := newWorld(t)
	w.made(owner)
	w.odd = func(rw http.ResponseWriter, r *http.Request) bool {
		asked := r.URL.Query().Has("policy")
		if asked {
			_, _ = rw.Write([]byte("{"))
		}
		return asked
	}
	_, err := w.store().Look(t.Context(), artifact.Root)
	if err == nil || !strings.Contains(err.Error(), "reading the policy of bucket") {
		t.Errorf("got %v", err)
	}
}

func TestLookFindsTheNewestVersions(t *testing.T) {
	w := newWorld(t)
	w.page = 2
	b := w.made(owner)
	const at = "plldb/versions/0.1.0/"
	b.put(at+"c", "unversioned")
	b.versioning(types.BucketVersioningStatusEnabled)
	b.hide(at + "a")
	older := b.put(at+"a", "a")
	hidden := b.put(at+"b", "b")
	b.put("plldb/versions/0.2.0/a", "another version of plldb")
	newest, marker := b.put(at+"a", "aaaa"), b.hide(at+"b")
	seen, err := w.store().Look(t.Context(), artifact.Prefix("0.1.0"))
	want := map[string]store.Version{
		at + "a": {ID: newest, Size: 4, MD5: md5Of("aaaa")},
		at + "b": {ID: marker, Deleted: true},
		at + "c": {ID: "null", Size: 11, MD5: md5Of("unversioned")},
	}
	if got := mustDo(t, seen, err).Newest; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for key, usable := range map[string]bool{"a": true, "b": false, "c": false} {
		if got := seen.Newest[at+key].Usable(); got != usable {
			t.Errorf("%s usable: %v", key, got)
		}
	}
	for _, k := range []struct {
		key, id string
		size    int64
		has     bool
	}{
		{"a", newest, 4, true},
		{"a", older, 1, true},
		{"a", older, 4, false},
		{"a", hidden, 1, false},
		{"b", hidden, 1, false}, // by a delete marker
		{"c", "null", 11, false},
		{"d", newest, 4, false},
	} {
		if has := seen.Has(at+k.key, k.id, k.size); has != k.has {
			t.Errorf("%s at %s, %d bytes: %v", k.key, k.id, k.size, has)
		}
	}
	if n := w.count("ListObjectVersions"); n != 3 {
		t.Errorf("%d pages", n)
	}
}

// Under a KMS key an ETag looks like an MD5 and is none.
func TestLookTrustsNoETagUnderKMS(t *testing.T) {
	w := newWorld(t)
	b := w.made(owner)
	b.versioning(types.BucketVersioningStatusEnabled)
	b.encrypted(types.ServerSideEncryptionAwsKms)
	id := b.put(key, "zip")
	seen, err := w.store().Look(t.Context(), artifact.Root)
	if got := mustDo(t, seen, err).Newest[key]; got != (store.Version{ID: id, Size: 3}) || !got.Is([]byte("ZIP")) {
		t.Errorf("got %+v", got)
	}
}

// Trap 17: every request that can say who must own the bucket says it.
func TestTrap17EveryRequestNamesTheOwner(t *testing.T) {
	w := newWorld(t)
	s := w.store()
	_, careful := setUp(t, s, ireland())
	w.door(owner, ireland()).owned(types.ObjectOwnershipObjectWriter) // so that this setting is written too
	setUp(t, s, ireland())
	sent, err := s.PutArchive(t.Context(), archive("fn", "zip"), key, careful)
	mustDo(t, sent, err)
	there, err := s.Exists(t.Context())
	mustDo(t, there, err)
	purged, err := s.Purge(t.Context())
	mustDo(t, purged, err)
	asked := map[string]bool{}
	for _, c := range w.calls {
		asked[c.operation] = true
		got, create := c.header.Get("x-amz-expected-bucket-owner"), c.operation == "CreateBucket"
		if !create && got != account { // CreateBucket's input has no such field (trap 46)
			t.Errorf("%s: owner %q", c.operation, got)
		}
	}
	if len(asked) != 19 {
		t.Errorf("asked only %v", asked)
	}
}

func codeOf(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}
