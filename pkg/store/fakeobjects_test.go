package store_test

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/plldb/plldb/pkg/fakeaws"
)

// putObject gives no version as long as the bucket does not version, and for a while after.
func (r *region) putObject(in any) (any, error) {
	put := in.(*s3.PutObjectInput)
	if n, err := io.Copy(io.Discard, put.Body); err != nil || n != *put.ContentLength {
		return nil, fakeaws.Error("IncompleteBody", "")
	}
	o := object{key: *put.Key, id: "null", digest: *put.ChecksumSHA256, size: *put.ContentLength}
	if r.status == types.BucketVersioningStatusEnabled && r.late == 0 {
		r.made++
		o.id = "v" + strconv.Itoa(r.made)
		r.objects = append(r.objects, o)
		return &s3.PutObjectOutput{VersionId: &o.id}, nil
	}
	r.late = max(0, r.late-1)
	r.objects = append(r.objects, o)
	return &s3.PutObjectOutput{}, nil
}

func (r *region) head(in any) (any, error) {
	ask := in.(*s3.HeadObjectInput)
	for _, o := range r.objects {
		if o.key == *ask.Key && o.id == *ask.VersionId && ask.ChecksumMode == types.ChecksumModeEnabled {
			return &s3.HeadObjectOutput{ChecksumSHA256: &o.digest, VersionId: &o.id}, nil
		}
	}
	return nil, fakeaws.Error("NotFound", "Not Found")
}

// list gives pages in S3's order: by key, and the newest version of a key first. The markers are counts.
func (r *region) list(in any) (any, error) {
	ask := in.(*s3.ListObjectVersionsInput)
	var all []object
	for _, o := range r.objects {
		if strings.HasPrefix(o.key, aws.ToString(ask.Prefix)) {
			all = append(all, o)
		}
	}
	slices.Reverse(all)
	slices.SortStableFunc(all, func(a, b object) int { return strings.Compare(a.key, b.key) })
	from, _ := strconv.Atoi(aws.ToString(ask.KeyMarker))
	to := min(len(all), from+r.page)
	out := &s3.ListObjectVersionsOutput{
		IsTruncated:         aws.Bool(to < len(all)),
		NextKeyMarker:       aws.String(strconv.Itoa(to)),
		NextVersionIdMarker: aws.String("x"),
	}
	for i, o := range all[from:to] {
		newest := from+i == 0 || all[from+i-1].key != o.key
		if o.marker {
			out.DeleteMarkers = append(out.DeleteMarkers,
				types.DeleteMarkerEntry{Key: &o.key, VersionId: &o.id, IsLatest: &newest})
			continue
		}
		out.Versions = append(out.Versions,
			types.ObjectVersion{Key: &o.key, VersionId: &o.id, Size: &o.size, IsLatest: &newest})
	}
	return out, nil
}

func (r *region) deleteObjects(in any) (any, error) {
	for _, gone := range in.(*s3.DeleteObjectsInput).Delete.Objects {
		r.objects = slices.DeleteFunc(r.objects, func(o object) bool {
			return o.key == *gone.Key && o.id == *gone.VersionId
		})
	}
	return &s3.DeleteObjectsOutput{}, nil
}

func (r *region) deleteBucket(any) (any, error) {
	if len(r.objects) > 0 {
		return nil, fakeaws.Error("BucketNotEmpty", "The bucket you tried to delete is not empty")
	}
	r.owner = ""
	return &s3.DeleteBucketOutput{}, nil
}
