package s3_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/s3"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

var (
	_ wire.Service     = (*s3.Service)(nil)
	_ resource.Objects = (*s3.Service)(nil)
)

// within runs work in a transaction.
func (w *world) within(work func(tx *store.Tx) error) error {
	w.t.Helper()
	return w.store.Update(w.t.Context(), work)
}

func TestObjectForOtherServices(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	first := w.put(c, "key", "one")
	second := w.put(c, "key", "second")
	_, err := c.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: aws.String(name), Key: aws.String("hidden")})
	w.ok(err)
	for _, o := range []struct {
		account, region, bucket, key, version, code string
		size                                        int64
	}{
		{ours, "", name, "key", "", "", 6},
		{ours, "", name, "key", *first.VersionId, "", 3},
		{ours, "", name, "key", *second.VersionId, "", 6},
		{ours, "", name, "none", "", "NoSuchKey", 0},
		{ours, "", name, "hidden", "", "NoSuchKey", 0},
		{ours, "", name, "none", *first.VersionId, "NoSuchVersion", 0},
		{ours, "", name, "key", "x", "InvalidArgument", 0},
		{ours, "", "no-bucket", "key", "", "NoSuchBucket", 0},
		{ours, home, name, "key", "", "", 6},
		{ours, "eu-central-1", name, "key", "", "PermanentRedirect", 0},
		{theirs, "", name, "key", "", "AccessDenied", 0},
		{"", "", name, "key", "", "AccessDenied", 0},
	} {
		err := w.within(func(tx *store.Tx) error {
			found, err := w.service.Object(tx, o.account, o.region, o.bucket, o.key, o.version)
			if err == nil && (found.Size != o.size || len(store.Bytes(tx, found.Sum)) != int(o.size) || found.Version == "") {
				t.Errorf("%+v: %+v", o, found)
			}
			return err
		})
		e, _ := errors.AsType[*wire.Error](err)
		if (e == nil) != (o.code == "") || e != nil && e.Code != o.code {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// The bytes go with the last version that has them.
func TestBytesAreGivenUp(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	a, b := w.put(c, "a", "same"), w.put(c, "b", "same")
	remove := func(key string, id *string) {
		_, err := c.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: aws.String(name), Key: &key, VersionId: id})
		w.ok(err)
	}
	remove("a", a.VersionId)
	if text, err := w.read(c, "b", ""); text != "same" {
		t.Fatal(err)
	}
	var sum string
	w.ok(w.within(func(tx *store.Tx) error {
		o, err := w.service.Object(tx, ours, "", name, "b", "")
		sum = o.Sum
		return err
	}))
	remove("b", b.VersionId)
	err := w.within(func(tx *store.Tx) error {
		store.Bytes(tx, sum)
		return nil
	})
	if err == nil {
		t.Fatal("the bytes are still there")
	}
}
