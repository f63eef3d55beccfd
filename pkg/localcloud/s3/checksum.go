package s3

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"strings"
)

// The checksums that S3 verifies and keeps; SHA-512, MD5 and the xxHash family of 2026 are not modelled.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
const (
	checksumHeader = "x-amz-checksum-"
	byDefault      = "CRC64NVME" // what S3 computes where a request names none
)

// algorithmOf is the algorithm that a header carries the value of.
func algorithmOf(header string) (string, bool) {
	name, ok := strings.CutPrefix(strings.ToLower(header), checksumHeader)
	name = strings.ToUpper(name)
	return name, ok && newHash(name) != nil
}

// newHash is nil for what is no algorithm.
func newHash(algorithm string) hash.Hash {
	switch algorithm {
	case "CRC32":
		return crc32.NewIEEE()
	case "CRC32C":
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case "CRC64NVME":
		return crc64.New(crc64.MakeTable(nvme))
	case "SHA1":
		return sha1.New()
	case "SHA256":
		return sha256.New()
	}
	return nil
}

// nvme is the polynomial of the NVM Express specification, in the order of bits that hash/crc64 takes.
// https://reveng.sourceforge.io/crc-catalogue/17plus.htm#crc.cat.crc-64-nvme
const nvme = 0x9a6c9329ac4bc9b5

// validChecksum says whether a value can be one of the algorithm.
func validChecksum(algorithm, value string) bool {
	raw, err := base64.StdEncoding.DecodeString(value)
	return err == nil && len(raw) == newHash(algorithm).Size()
}

// declared is what a request says of its body's checksum.
type declared struct {
	algorithm string
	value     string // "" where it comes in the trailer, or S3 computes it
	trailer   bool
}

// checksumOf reads the headers. The errors are AWS's, as quoted in https://github.com/versity/versitygw/issues/1598.
func checksumOf(r *request) (declared, error) {
	var d declared
	for name, values := range r.Header {
		algorithm, ok := algorithmOf(name)
		if !ok {
			continue
		}
		if d.algorithm != "" || len(values) != 1 {
			return d, invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
		}
		d.algorithm, d.value = algorithm, values[0]
		if !validChecksum(algorithm, d.value) {
			return d, invalidRequest("Value for %s header is invalid.", strings.ToLower(name))
		}
	}
	if name := r.Header.Get("x-amz-trailer"); name != "" {
		algorithm, ok := algorithmOf(name)
		if !ok || d.algorithm != "" {
			return d, invalidRequest("The value specified in the x-amz-trailer header is not supported")
		}
		d.algorithm, d.trailer = algorithm, true
	}
	return d, d.agrees(r.Header.Get("x-amz-sdk-checksum-algorithm"))
}

// agrees compares with the algorithm that an SDK says it uses. Named alone it counts for nothing more.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html (x-amz-sdk-checksum-algorithm)
func (d *declared) agrees(sdk string) error {
	switch sdk = strings.ToUpper(sdk); {
	case sdk == "":
		return nil
	case newHash(sdk) == nil, d.algorithm != "" && d.algorithm != sdk:
		return invalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.")
	case d.algorithm == "":
		return invalidRequest("x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or " +
			"x-amz-trailer headers were found.")
	}
	return nil
}
