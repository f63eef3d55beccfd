package s3

import (
	"context"
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

type versionList struct {
	Name                string
	Prefix              string
	Delimiter           string `xml:",omitempty"`
	KeyMarker           string
	VersionIdMarker     string
	NextKeyMarker       string `xml:",omitempty"`
	NextVersionIdMarker string `xml:",omitempty"`
	MaxKeys             int
	EncodingType        string `xml:",omitempty"`
	IsTruncated         bool
	Entries             []listedVersion
	CommonPrefixes      []commonPrefix
}

// listedVersion is an element Version or DeleteMarker.
type listedVersion struct {
	XMLName           xml.Name
	Key               string
	VersionId         string
	IsLatest          bool
	LastModified      string
	ETag              string `xml:",omitempty"`
	ChecksumAlgorithm string `xml:",omitempty"`
	ChecksumType      string `xml:",omitempty"`
	Size              *int64 `xml:",omitempty"`
	StorageClass      string `xml:",omitempty"`
	Owner             owner
}

// listVersions: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
func (s *Service) listVersions(ctx context.Context, r *request) error {
	l, err := listingOf(r)
	if err != nil {
		return err
	}
	key, id := r.query.Get("key-marker"), r.query.Get("version-id-marker")
	if key == "" && id != "" {
		return markerError(id)
	}
	if id != "" && !versionID.MatchString(id) {
		return invalidArgument("Invalid version id specified", "version-id-marker", id)
	}
	out := versionList{
		Name: r.bucket, Prefix: l.encode(l.prefix), Delimiter: l.encode(l.delimiter), KeyMarker: l.encode(key),
		VersionIdMarker: id, MaxKeys: l.most, EncodingType: r.query.Get("encoding-type"),
	}
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		b, err := s.admit(tx, r)
		if err == nil {
			out.fill(tx, b, l, position{key, rowAfter(tx, b, key, id)})
		}
		return err
	})
	if err != nil {
		return err
	}
	return r.answer("ListVersionsResult", out)
}

// position is where a page begins: behind a key or common prefix or, with a row, behind one version of the key.
type position struct{ key, row string }

// rowAfter is the row of a version, which may have been deleted since the last page. "" is the end of the key.
func rowAfter(tx *store.Tx, b *bucket, key, id string) string {
	if id == "" {
		return ""
	}
	for _, e := range versionsOf(tx, b, key) {
		if e.ID == id {
			return e.row
		}
	}
	row, _ := rowOf(id)
	return b.Name + "/" + key + "\x00" + row
}

func (p position) isBefore(e entry) bool {
	return e.key > p.key || e.key == p.key && p.row != "" && e.row > p.row
}

func (out *versionList) fill(tx *store.Tx, b *bucket, l listing, from position) {
	count, group, previous := 0, "", ""
	var last entry
	eachVersion(tx, b, l.prefix, func(e entry) bool {
		newest := e.key != previous
		previous = e.key
		g := l.group(e.key)
		if !from.isBefore(e) || g != "" && (g == from.key || g == group) {
			return true
		}
		if count == l.most {
			out.cut(l, group, last)
			return false
		}
		count++
		group, last = g, e
		if g != "" {
			out.CommonPrefixes = append(out.CommonPrefixes, commonPrefix{l.encode(g)})
			return true
		}
		out.Entries = append(out.Entries, listedVersionOf(e, newest, b, l))
		return true
	})
}

// cut says where the next page begins.
func (out *versionList) cut(l listing, group string, last entry) {
	out.IsTruncated = l.most > 0
	switch {
	case !out.IsTruncated:
	case group != "":
		out.NextKeyMarker = l.encode(group)
	default:
		out.NextKeyMarker, out.NextVersionIdMarker = l.encode(last.key), last.ID
	}
}

func listedVersionOf(e entry, newest bool, b *bucket, l listing) listedVersion {
	v := listedVersion{
		XMLName: xml.Name{Local: "DeleteMarker"}, Key: l.encode(e.key), VersionId: e.ID, IsLatest: newest,
		LastModified: stamp(e.Modified), Owner: owner{canonicalID(b.Account)},
	}
	if e.Marker {
		return v
	}
	size := e.Size
	v.XMLName.Local, v.Size, v.ETag, v.StorageClass = "Version", &size, strconv.Quote(e.ETag), "STANDARD"
	v.ChecksumAlgorithm, v.ChecksumType = strings.ToUpper(e.Algorithm), "FULL_OBJECT"
	return v
}
