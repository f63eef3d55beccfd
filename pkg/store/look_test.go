package store_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/fakeaws"
	"github.com/plldb/plldb/pkg/store"
)

var reads = []string{
	"S3.GetBucketEncryption", "S3.GetBucketLifecycleConfiguration", "S3.GetBucketOwnershipControls",
	"S3.GetBucketPolicy", "S3.GetBucketVersioning", "S3.GetPublicAccessBlock", "S3.ListObjectVersions",
}

// R7
func TestBucketName(t *testing.T) {
	want := "plldb-core-infrastructure-eu-west-1-123456789012"
	if got := store.BucketName("eu-west-1", account); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The look is one answer deep: no read waits for another. Were they one after another, all of the bubble would block.
func TestLookAsksSevenQuestionsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegion()
		var all sync.WaitGroup
		all.Add(len(reads))
		for _, name := range reads {
			r.On(name, func(context.Context, any) (any, error) {
				all.Done()
				all.Wait()
				return nil, fakeaws.Error("NoSuchBucket", "")
			})
		}
		if _, err := r.store().Look(t.Context(), artifact.Root); err != nil {
			t.Fatal(err)
		}
		got := r.Operations()
		slices.Sort(got)
		if !slices.Equal(got, reads) {
			t.Errorf("asked %v, want %v", got, reads)
		}
	})
}

func TestLookFindsTheState(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer map[string]string // code by operation; "" for all others
		want   store.State
		err    string // code
	}{
		{"missing", map[string]string{"": "NoSuchBucket"}, store.Absent, ""},
		{"there, with nothing set", nil, store.Ours, ""},
		{"somebody else's", map[string]string{"": "AccessDenied"}, store.Unknown, ""},
		{"in another region than its name says", map[string]string{"": "PermanentRedirect"}, store.Unknown, ""},
		{"just being made", map[string]string{"": "NoSuchBucket", "S3.GetBucketVersioning": "ok"}, store.Ours, ""},
		{
			"just being made, and only an absent setting knows",
			map[string]string{"": "NoSuchBucket", "S3.GetBucketPolicy": "NoSuchBucketPolicy"},
			store.Ours, "",
		},
		{"one read not allowed", map[string]string{"S3.GetBucketPolicy": "AccessDenied"}, 0, "AccessDenied"},
		{"bad credentials", map[string]string{"": "InvalidAccessKeyId"}, 0, "InvalidAccessKeyId"},
		{"one read fails", map[string]string{"S3.ListObjectVersions": "MethodNotAllowed"}, 0, "MethodNotAllowed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRegion()
			r.owner = account
			for _, name := range reads {
				code, given := c.answer[name]
				if !given {
					code = c.answer[""]
				}
				if code != "" && code != "ok" {
					r.On(name, fakeaws.Fails(code, ""))
				}
			}
			seen, err := r.store().Look(t.Context(), artifact.Root)
			if got := codeOf(err); got != c.err || seen.State != c.want {
				t.Errorf("state %v, error %v; want %v, %q", seen.State, err, c.want, c.err)
			}
			if refused := codeOf(seen.Refused); (seen.State == store.Unknown) != (refused != "") {
				t.Errorf("state %v with refusal %q", seen.State, refused)
			}
		})
	}
}

func TestLookNamesWhatItReadAndWhere(t *testing.T) {
	r := newRegion()
	r.owner = account
	r.On("S3.GetBucketLifecycleConfiguration", fakeaws.Fails("AccessDenied", "not allowed"))
	_, err := r.store().Look(t.Context(), artifact.Root)
	if err == nil || !strings.Contains(err.Error(), "reading the lifecycle of bucket "+ireland().Name) {
		t.Errorf("got %v", err)
	}
}

func TestLookStopsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newRegion().store().Look(ctx, artifact.Root); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// Trap 47: each setting that is not there has an error code of its own, and none of them is an error.
func TestTrap47AbsentSettingsAreNoErrors(t *testing.T) {
	r := newRegion()
	r.owner = account
	seen, err := r.store().Look(t.Context(), artifact.Root)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(seen.Settings, store.Settings{}) || seen.State != store.Ours {
		t.Errorf("got %+v", seen)
	}
}

// Trap 47: the code of one setting is an error in the answer to another.
func TestTrap47CodesBelongToTheirSetting(t *testing.T) {
	r := newRegion()
	r.owner = account
	r.On("S3.GetBucketEncryption", fakeaws.Fails("NoSuchBucketPolicy", ""))
	if _, err := r.store().Look(t.Context(), artifact.Root); codeOf(err) != "NoSuchBucketPolicy" {
		t.Errorf("got %v", err)
	}
}

func TestLookReadsWhatIsSet(t *testing.T) {
	r := newRegion()
	setUp(t, r.store(), ireland())
	seen, err := r.store().Look(t.Context(), artifact.Root)
	if err != nil {
		t.Fatal(err)
	}
	set := seen.Settings
	if set.PublicAccess == nil || set.Encryption == nil || len(set.Policy.Statements) != 1 || len(set.Lifecycle) != 1 ||
		set.Versioning != types.BucketVersioningStatusEnabled ||
		set.Ownership != types.ObjectOwnershipBucketOwnerEnforced {
		t.Errorf("got %+v", set)
	}
}

func TestLookRefusesAPolicyThatIsNoJSON(t *testing.T) {
	r := newRegion()
	r.owner, r.policy = account, "{"
	_, err := r.store().Look(t.Context(), artifact.Root)
	if err == nil || !strings.Contains(err.Error(), "reading the policy of bucket") {
		t.Errorf("got %v", err)
	}
}

func TestLookFindsTheNewestVersions(t *testing.T) {
	r := newRegion()
	r.owner, r.page = account, 2
	r.objects = []object{
		{key: "plldb/versions/0.1.0/a", id: "v0", marker: true},
		{key: "plldb/versions/0.1.0/a", id: "v1", size: 1},
		{key: "plldb/versions/0.1.0/b", id: "v2", size: 2},
		{key: "plldb/versions/0.2.0/a", id: "v3", size: 3},
		{key: "plldb/versions/0.1.0/a", id: "v4", size: 4},
		{key: "plldb/versions/0.1.0/b", id: "v5", marker: true},
		{key: "plldb/versions/0.1.0/c", id: "null", size: 6},
	}
	seen, err := r.store().Look(t.Context(), artifact.Prefix("0.1.0"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]store.Version{
		"plldb/versions/0.1.0/a": {ID: "v4", Size: 4},
		"plldb/versions/0.1.0/b": {ID: "v5", Deleted: true},
		"plldb/versions/0.1.0/c": {ID: "null", Size: 6},
	}
	if !reflect.DeepEqual(seen.Newest, want) {
		t.Errorf("got %v, want %v", seen.Newest, want)
	}
	for key, usable := range map[string]bool{"a": true, "b": false, "c": false} {
		if got := seen.Newest["plldb/versions/0.1.0/"+key].Usable(); got != usable {
			t.Errorf("%s usable: %v", key, got)
		}
	}
}

// Trap 17: every request whose input can say who must own the bucket says it.
func TestTrap17EveryRequestNamesTheOwner(t *testing.T) {
	r := newRegion()
	s := r.store()
	_, careful := setUp(t, s, ireland())
	r.ownership = types.ObjectOwnershipObjectWriter // so that this setting is written too
	setUp(t, s, ireland())
	if _, err := s.PutArchive(t.Context(), archive("fn", "zip"), key, careful); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	for _, call := range r.Calls() {
		asked[call.Operation] = true
		owner := reflect.ValueOf(call.Input).Elem().FieldByName("ExpectedBucketOwner")
		if _, create := call.Input.(*s3.CreateBucketInput); create { // it has no such field (trap 46)
			continue
		}
		if got, _ := owner.Interface().(*string); aws.ToString(got) != account {
			t.Errorf("%s: owner %q", call.Operation, aws.ToString(got))
		}
	}
	if len(asked) != 18 {
		t.Errorf("asked only %v", asked)
	}
}

func codeOf(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}
