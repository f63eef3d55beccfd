package s3

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// getObject answers GetObject and HeadObject.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
func (s *Service) getObject(ctx context.Context, r *request) error {
	var b *bucket
	var v version
	var data []byte
	err := s.store.Update(ctx, func(tx *store.Tx) (err error) {
		if b, err = s.admit(tx, r); err != nil {
			return err
		}
		if v, err = b.lookUp(tx, r.key, r.query.Get("versionId"), r.query.Has("versionId"), r.Time); err != nil {
			return b.unseen(r.Account, r.Secure, err)
		}
		if err := r.wants(v); err != nil {
			return err
		}
		if r.Method == http.MethodGet {
			data = store.Bytes(tx, v.Sum)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.send(b, v, data)
}

// lookUp finds the newest version, or the one that is named.
func (b *bucket) lookUp(tx *store.Tx, key, id string, named bool, now time.Time) (version, error) {
	if named && !versionID.MatchString(id) {
		return version{}, invalidVersion(id)
	}
	all := versionsOf(tx, b, key)
	if !named {
		if len(all) == 0 || now.Before(all[0].Seen) {
			return version{}, noSuchKey(key)
		}
		if all[0].Marker {
			e := noSuchKey(key)
			e.Header = all[0].markerHeader()
			return version{}, e
		}
		return all[0].version, nil
	}
	for _, e := range all {
		switch {
		case e.ID != id:
		case now.Before(e.Seen):
			return version{}, noSuchKey(key)
		case e.Marker:
			return version{}, markerRead(e)
		default:
			return e.version, nil
		}
	}
	return version{}, noSuchVersion(key, id)
}

func invalidVersion(id string) *wire.Error {
	return invalidArgument("Invalid version id specified", "versionId", id)
}

func (v *version) markerHeader() http.Header {
	return http.Header{"X-Amz-Delete-Marker": {"true"}, "X-Amz-Version-Id": {v.ID}}
}

// markerRead: https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
func markerRead(e entry) *wire.Error {
	refusal := refuse(http.StatusMethodNotAllowed, "MethodNotAllowed",
		"The specified method is not allowed against this resource.",
		field("Method", http.MethodGet), field("ResourceType", "DeleteMarker"))
	refusal.Header = e.markerHeader()
	refusal.Header.Set("Allow", http.MethodDelete)
	refusal.Header.Set("Last-Modified", e.Modified.Format(http.TimeFormat))
	return refusal
}

// wants judges the conditions of a read.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (conditional requests, RFC 7232)
func (r *request) wants(v version) error {
	match, none := r.Header.Get("If-Match"), r.Header.Get("If-None-Match")
	since, sinceErr := http.ParseTime(r.Header.Get("If-Modified-Since"))
	until, untilErr := http.ParseTime(r.Header.Get("If-Unmodified-Since"))
	unchanged := refuse(http.StatusNotModified, "NotModified", "Not Modified")
	unchanged.Header = http.Header{"Etag": {strconv.Quote(v.ETag)}, "Last-Modified": {v.Modified.Format(http.TimeFormat)}}
	switch {
	case match != "" && !matchesTag(match, v.ETag):
		return preconditionFailed("If-Match")
	case match == "" && untilErr == nil && v.Modified.After(until):
		return preconditionFailed("If-Unmodified-Since")
	case none != "" && matchesTag(none, v.ETag):
		return unchanged
	case none == "" && sinceErr == nil && !v.Modified.After(since):
		return unchanged
	}
	return nil
}

func matchesTag(list, tag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimSpace(one)
		if one == "*" || strings.Trim(strings.TrimPrefix(one, "W/"), `"`) == tag {
			return true
		}
	}
	return false
}

// send writes the object, or the part of it that the request asks for.
func (r *request) send(b *bucket, v version, data []byte) error {
	first, length, part, err := span(r.Header.Get("Range"), v.Size)
	if err != nil {
		return err
	}
	h := r.w.Header()
	v.describe(h)
	if b.Versioning != "" {
		h.Set("x-amz-version-id", v.ID)
	}
	status := http.StatusOK
	if part {
		status = http.StatusPartialContent
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, first+length-1, v.Size))
	} else if strings.EqualFold(r.Header.Get("x-amz-checksum-mode"), "ENABLED") {
		h.Set(checksumHeader+strings.ToLower(v.Algorithm), v.Checksum)
		h.Set(checksumHeader+"type", "FULL_OBJECT")
	}
	h.Set("Content-Length", strconv.FormatInt(length, 10))
	r.w.WriteHeader(status)
	if r.Method == http.MethodGet {
		_, _ = r.w.Write(data[first : first+length]) // the client gets it, or is gone
	}
	return nil
}

func (v *version) describe(h http.Header) {
	for name, value := range v.Headers {
		h.Set(name, value)
	}
	h.Set("ETag", strconv.Quote(v.ETag))
	h.Set("Last-Modified", v.Modified.Format(http.TimeFormat))
	h.Set("Accept-Ranges", "bytes")
	v.tellEncryption(h)
}

var byteRange = regexp.MustCompile(`^bytes=(\d*)-(\d*)$`)

// span reads a Range of one part. One that S3 cannot read it ignores.
func span(text string, size int64) (first, length int64, part bool, err error) {
	if strings.Contains(text, ",") {
		return 0, 0, false, notModelled("more than one range")
	}
	found := byteRange.FindStringSubmatch(text)
	if found == nil || found[1]+found[2] == "" {
		return 0, size, false, nil
	}
	a, aErr := strconv.ParseInt(found[1], 10, 64)
	z, zErr := strconv.ParseInt(found[2], 10, 64)
	switch {
	case found[1] == "" && zErr == nil: // the last z bytes
		a, z = max(0, size-z), size-1
	case found[2] == "" && aErr == nil:
		z = size - 1
	case aErr != nil || zErr != nil || a > z:
		return 0, size, false, nil
	}
	if z = min(z, size-1); a > z {
		return 0, 0, false, refuse(http.StatusRequestedRangeNotSatisfiable, "InvalidRange",
			"The requested range is not satisfiable", field("RangeRequested", text),
			field("ActualObjectSize", strconv.FormatInt(size, 10)))
	}
	return a, z - a + 1, true, nil
}

// Object finds a version for another service, which reads it with the account's rights, over TLS, and through the
// endpoint of the region, unless that is "".
func (s *Service) Object(tx *store.Tx, account, region, name, key, id string) (resource.Object, error) {
	b, ok := find(tx, name)
	if !ok {
		return resource.Object{}, noSuchBucket(name)
	}
	if region != "" && region != b.Region {
		return resource.Object{}, elsewhere(b)
	}
	if err := goodKey(key); err != nil {
		return resource.Object{}, err
	}
	action := "s3:GetObject"
	if id != "" {
		action += "Version"
	}
	if err := b.allows(account, true, action, key); err != nil {
		return resource.Object{}, err
	}
	v, err := b.lookUp(tx, key, id, id != "", s.clock.Now())
	if err != nil {
		return resource.Object{}, b.unseen(account, true, err)
	}
	return resource.Object{Sum: v.Sum, Size: v.Size, Version: v.ID}, nil
}

// elsewhere: the words are those that Lambda hands on.
// https://github.com/aws-samples/aws-codepipeline-bitbucket-integration/issues/7
func elsewhere(b *bucket) *wire.Error {
	return wire.Errorf(http.StatusMovedPermanently, "PermanentRedirect",
		"The bucket is in this region: %s. Please use this region to retry the request", b.Region)
}
