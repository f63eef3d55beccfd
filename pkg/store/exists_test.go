package store_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/plldb/plldb/pkg/fakeaws"
)

func TestExists(t *testing.T) {
	for code, want := range map[string]struct{ there, fails bool }{
		"":             {there: true},
		"NotFound":     {},
		"NoSuchBucket": {},
		"Forbidden":    {fails: true}, // trap 46: somebody else's, or not allowed
	} {
		r := newRegion()
		r.On("S3.HeadBucket", func(_ context.Context, in any) (any, error) {
			if owner := in.(*s3.HeadBucketInput).ExpectedBucketOwner; owner == nil || *owner != ireland().Account {
				t.Errorf("%q: asked without the expected owner (trap 17)", code)
			}
			if code == "" {
				return &s3.HeadBucketOutput{}, nil
			}
			return nil, fakeaws.Error(code, "")
		})
		there, err := r.store().Exists(t.Context())
		if there != want.there || (err != nil) != want.fails {
			t.Errorf("%q: %v, %v", code, there, err)
		}
	}
}
