package artifact

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
)

// Digest is the SHA-256 of a zip: what Zip computes, what S3 checks on upload (ChecksumSHA256) and what Lambda reports
// as CodeSha256. Equal digests mean equal code.
type Digest [sha256.Size]byte

// DigestOf returns the digest of b.
func DigestOf(b []byte) Digest { return sha256.Sum256(b) }

// DigestFrom reads r to its end and returns the digest and the number of bytes of what it read.
func DigestFrom(r io.Reader) (Digest, int64, error) {
	h := sha256.New()
	n, err := io.Copy(h, r)
	if err != nil {
		return Digest{}, n, err
	}
	return Digest(h.Sum(nil)), n, nil
}

// ParseDigest reads the base64 form that String writes.
func ParseDigest(s string) (Digest, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) != sha256.Size {
		return Digest{}, fmt.Errorf("%q is not a SHA-256 in base64", s)
	}
	return Digest(b), nil
}

// String returns the digest in padded standard base64, the form of S3's ChecksumSHA256 and Lambda's CodeSha256.
func (d Digest) String() string { return base64.StdEncoding.EncodeToString(d[:]) }

// IsZero says whether d was never computed.
func (d Digest) IsZero() bool { return d == Digest{} }

// MarshalText writes the digest as String does, so that it stands in JSON as a string.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Digest) UnmarshalText(b []byte) (err error) {
	*d, err = ParseDigest(string(b))
	return err
}
