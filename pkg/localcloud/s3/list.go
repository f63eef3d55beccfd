package s3

import (
	"context"
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

// mostListed is how many keys one answer has at most.
const mostListed = 1000

// listing is what the two listings have in common.
type listing struct {
	prefix, delimiter string
	most              int
	encode            func(string) string
}

type commonPrefix struct{ Prefix string }

func listingOf(r *request) (listing, error) {
	most, err := number(r.query, "max-keys", mostListed)
	l := listing{
		prefix: r.query.Get("prefix"), delimiter: r.query.Get("delimiter"), most: most,
		encode: func(s string) string { return s },
	}
	switch encoding := r.query.Get("encoding-type"); encoding {
	case "":
	case "url":
		l.encode = urlEncoded
	default:
		return l, invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", encoding)
	}
	return l, err
}

// urlEncoded leaves slashes.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html (encoding-type)
func urlEncoded(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "%2F", "/") }

// group is the common prefix that a key is rolled up into, "" where it stands for itself.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-prefixes.html
func (l listing) group(key string) string {
	if l.delimiter == "" {
		return ""
	}
	head, _, found := strings.Cut(strings.TrimPrefix(key, l.prefix), l.delimiter)
	if !found {
		return ""
	}
	return l.prefix + head + l.delimiter
}

// token hides a key in a continuation token.
func token(key string) string { return base64.StdEncoding.EncodeToString([]byte("1" + key)) }

// untoken gives the key back, "" where there is no token. An empty one is refused as any other that S3 did not make:
// https://github.com/aws/aws-sdk-js-v3/issues/1636
func untoken(query url.Values) (string, error) {
	const name = "continuation-token"
	if !query.Has(name) {
		return "", nil
	}
	text := query.Get(name)
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) == 0 || key[0] != '1' {
		return "", invalidArgument("The continuation token provided is incorrect", name, text)
	}
	return string(key[1:]), nil
}

type objectList struct {
	Name                  string
	Prefix                string
	Delimiter             string `xml:",omitempty"`
	MaxKeys               int
	EncodingType          string `xml:",omitempty"`
	StartAfter            string `xml:",omitempty"`
	ContinuationToken     string `xml:",omitempty"`
	NextContinuationToken string `xml:",omitempty"`
	KeyCount              int
	IsTruncated           bool
	Contents              []listedObject
	CommonPrefixes        []commonPrefix
}

type listedObject struct {
	Key               string
	LastModified      string
	ETag              string
	ChecksumAlgorithm string
	ChecksumType      string
	Size              int64
	Owner             *owner `xml:",omitempty"`
	StorageClass      string
}

// listObjects: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
func (s *Service) listObjects(ctx context.Context, r *request) error {
	if kind := r.query.Get("list-type"); kind != "2" {
		return invalidArgument("Invalid List Type specified in Request", "list-type", kind)
	}
	l, err := listingOf(r)
	if err != nil {
		return err
	}
	after, err := untoken(r.query)
	if err != nil {
		return err
	}
	if after == "" {
		after = r.query.Get("start-after")
	}
	out := objectList{
		Name: r.bucket, Prefix: l.encode(l.prefix), Delimiter: l.encode(l.delimiter), MaxKeys: l.most,
		EncodingType: r.query.Get("encoding-type"), StartAfter: l.encode(r.query.Get("start-after")),
		ContinuationToken: r.query.Get("continuation-token"),
	}
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		b, err := s.admit(tx, r)
		if err == nil {
			out.fill(tx, b, l, after, r.query.Get("fetch-owner") == "true")
		}
		return err
	})
	if err != nil {
		return err
	}
	return r.answer("ListBucketResult", out)
}

// fill goes through the newest versions that are no markers, behind the key or common prefix that the last page ended
// with.
func (out *objectList) fill(tx *store.Tx, b *bucket, l listing, after string, owned bool) {
	last, previous := "", ""
	eachVersion(tx, b, l.prefix, func(e entry) bool {
		newest := e.key != previous
		previous = e.key
		group := l.group(e.key)
		if !newest || e.Marker || e.key <= after || group != "" && (group == after || group == last) {
			return true
		}
		if out.KeyCount == l.most {
			out.IsTruncated = l.most > 0
			if out.IsTruncated {
				out.NextContinuationToken = token(last)
			}
			return false
		}
		out.KeyCount++
		if group != "" {
			last = group
			out.CommonPrefixes = append(out.CommonPrefixes, commonPrefix{l.encode(group)})
			return true
		}
		last = e.key
		out.Contents = append(out.Contents, listed(e, b, l, owned))
		return true
	})
}

func listed(e entry, b *bucket, l listing, owned bool) listedObject {
	o := listedObject{
		Key: l.encode(e.key), LastModified: stamp(e.Modified), ETag: strconv.Quote(e.ETag), Size: e.Size,
		ChecksumAlgorithm: e.Algorithm, ChecksumType: "FULL_OBJECT", StorageClass: "STANDARD",
	}
	if owned {
		o.Owner = &owner{canonicalID(b.Account)}
	}
	return o
}

// markerError is of a listing that is told a version and no key.
func markerError(id string) error {
	return invalidArgument("A version-id marker cannot be specified without a key marker.", "version-id-marker", id)
}
