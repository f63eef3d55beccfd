package s3

import (
	"context"
	"strconv"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

type owner struct {
	ID string
}

type bucketEntry struct {
	Name         string
	CreationDate string
	BucketRegion string `xml:",omitempty"`
}

type bucketList struct {
	Owner             owner
	Buckets           struct{ Bucket []bucketEntry }
	ContinuationToken string `xml:",omitempty"`
	Prefix            string `xml:",omitempty"`
}

// listBuckets: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
func (s *Service) listBuckets(ctx context.Context, r *request) error {
	if r.Account == "" {
		return accessDenied()
	}
	most, err := number(r.query, "max-buckets", 10000)
	if err != nil {
		return err
	}
	if most == 0 {
		return invalidArgument("Argument max-buckets must be an integer between 1 and 10000", "max-buckets", "0")
	}
	after, err := untoken(r.query)
	if err != nil {
		return err
	}
	list := bucketList{Owner: owner{canonicalID(r.Account)}, Prefix: r.query.Get("prefix")}
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		store.Each(tx, buckets, list.Prefix, func(name string, b bucket) bool {
			wanted := r.query.Get("bucket-region")
			if b.Account != r.Account || name <= after || wanted != "" && wanted != b.Region {
				return true
			}
			if len(list.Buckets.Bucket) == most {
				list.ContinuationToken = token(list.Buckets.Bucket[most-1].Name)
				return false
			}
			list.Buckets.Bucket = append(list.Buckets.Bucket, bucketEntry{name, stamp(b.Created), b.Region})
			return true
		})
		return nil
	})
	if err != nil {
		return err
	}
	return r.answer("ListAllMyBucketsResult", list)
}

// number reads a parameter that is a count.
func number(query map[string][]string, name string, most int) (int, error) {
	if len(query[name]) == 0 {
		return most, nil
	}
	text := query[name][0]
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, invalidArgument("Provided "+name+" not an integer or within integer range", name, text)
	}
	if n < 0 {
		return 0, invalidArgument("Argument "+name+" must be an integer between 0 and 2147483647", name, text)
	}
	return min(int(n), most), nil
}

// stamp is a moment as S3's XML has it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
