package s3

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

// versions is the table of object versions and delete markers. Its keys are the bucket's name, a slash, the object's
// key, a NUL, and a number that is the smaller the newer the version is: so they come as S3 lists them.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
const versions = "s3.versions"

const (
	metaPrefix  = "x-amz-meta-"
	nullVersion = "null"
	aes256      = "AES256"
	kms         = "aws:kms"
)

// version is one version of an object, or a delete marker.
type version struct {
	ID       string // "null" when it was written while the bucket did not version
	Marker   bool
	Modified time.Time
	Seen     time.Time // before it, readers do not find it (trap 44)

	Sum       string // of the blob
	Size      int64
	ETag      string            // without quotes
	Headers   map[string]string // Content-Type and the like, and x-amz-meta-, as they are given back
	Algorithm string            // of the checksum
	Checksum  string

	Encryption, KMSKey string
	BucketKey          bool
}

// entry is a version and where it stands.
type entry struct {
	row, key string
	version
}

// keep writes a version as the newest of its key, and gives its id.
func keep(tx *store.Tx, b *bucket, key string, v version) string {
	n := store.Next(tx, versions)
	if v.ID == "" {
		v.ID = newVersionID(n)
	}
	store.Put(tx, versions, fmt.Sprintf("%s/%s\x00%016x", b.Name, key, ^n), v)
	return v.ID
}

// drop removes a version, and its reference to the bytes.
func drop(tx *store.Tx, e entry) {
	store.Delete(tx, versions, e.row)
	if !e.Marker {
		store.Release(tx, e.Sum)
	}
}

// eachVersion visits the versions of the keys that begin with prefix: keys in order, of each the newest first.
func eachVersion(tx *store.Tx, b *bucket, prefix string, visit func(e entry) bool) {
	store.Each(tx, versions, b.Name+"/"+prefix, func(row string, v version) bool {
		key, _, _ := strings.Cut(strings.TrimPrefix(row, b.Name+"/"), "\x00")
		return visit(entry{row, key, v})
	})
}

// versionsOf are the versions of one key, the newest first.
func versionsOf(tx *store.Tx, b *bucket, key string) []entry {
	var list []entry
	eachVersion(tx, b, key+"\x00", func(e entry) bool {
		list = append(list, e)
		return true
	})
	return list
}

// versionOf is one version of a key. All but null say in their ids where they stand, so that of a thousand versions that
// are removed none is read for the others.
func versionOf(tx *store.Tx, b *bucket, key, id string) (entry, bool) {
	if end, ok := rowOf(id); ok {
		row := b.Name + "/" + key + "\x00" + end
		v, there := store.Get[version](tx, versions, row)
		return entry{row, key, v}, there && v.ID == id
	}
	for _, e := range versionsOf(tx, b, key) {
		if e.ID == id {
			return e, true
		}
	}
	return entry{}, false
}

func full(tx *store.Tx, b *bucket) bool {
	some := false
	eachVersion(tx, b, "", func(entry) bool {
		some = true
		return false
	})
	return some
}

// letters are those of version ids: 6 bits each.
const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._"

// newVersionID is 32 letters, as AWS's: 21 of chance, and 11 that say, veiled by the first, which version it is, so
// that a listing can go on behind a version that was deleted meanwhile.
func newVersionID(n uint64) string {
	var chance [21]byte
	_, _ = rand.Read(chance[:]) // it never fails
	id := make([]byte, 0, 32)
	for _, c := range chance {
		id = append(id, letters[c%64])
	}
	for i := range 11 {
		id = append(id, letters[(byte(n>>(60-6*i))^veil(chance[i]))%64])
	}
	return string(id)
}

// veil sees that the two ends of an id do not look alike.
func veil(c byte) byte { return 5*c + 9 }

// rowOf is the end of the row of a version whose id newVersionID made.
func rowOf(id string) (string, bool) {
	if len(id) != 32 {
		return "", false
	}
	var n uint64
	for i, c := range []byte(id[21:]) {
		bits, chance := strings.IndexByte(letters, c), strings.IndexByte(letters, id[i])
		if bits < 0 || chance < 0 {
			return "", false
		}
		n = n<<6 | uint64(byte(bits)^veil(byte(chance))%64)
	}
	return fmt.Sprintf("%016x", ^n), true
}

// versionID is what may be the id of a version. A shorter one is not even missing, it is invalid. The exact rule is not
// documented; the examples are those of https://github.com/versity/versitygw/issues/1758 and /2119.
var versionID = regexp.MustCompile(`^(null|[A-Za-z0-9._]{20,})$`)

// state is what PutObject and DeleteObject go by. In the first half of the time that versioning takes it is not there
// yet.
func (b *bucket) state(now time.Time) string {
	if b.Versioning == "Enabled" && now.Before(b.Turned.Add(b.Lets.Sub(b.Turned)/2)) {
		return ""
	}
	return b.Versioning
}

// fakeETag is one that looks like an MD5 and is none, as under KMS.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
func fakeETag() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return fmt.Sprintf("%016x%016x", binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:]))
}
