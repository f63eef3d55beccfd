package s3_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// The check values of "123456789": RFC 1321, FIPS 180, and the catalogue of parametrised CRC algorithms
// (https://reveng.sourceforge.io/crc-catalogue/all.htm).
func TestChecksumsAreVerifiedAndKept(t *testing.T) {
	w := newWorld(t)
	w.versioned()
	const body = "123456789"
	for _, c := range []struct{ header, value, kept string }{
		{"x-amz-checksum-crc32", "y/Q5Jg==", "crc32"},
		{"x-amz-checksum-crc32c", "4waSgw==", "crc32c"},
		{"x-amz-checksum-crc64nvme", "rosUhgp5mIg=", "crc64nvme"},
		{"x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE=", "sha1"},
		{"x-amz-checksum-sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=", "sha256"},
		{"Content-MD5", "JfnnlDI7RTiF9RgfG2JNCw==", "crc64nvme"},
		{"x-amz-content-sha256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225", "crc64nvme"},
	} {
		t.Run(c.header, func(t *testing.T) {
			put := func(body string) answer {
				return w.ask("OURS", "PUT", "/the-bucket/key", body, map[string]string{c.header: c.value})
			}
			if got := put(body); got.status != http.StatusOK || got.header.Get("x-amz-checksum-"+c.kept) == "" {
				t.Fatalf("%+v", got)
			}
			code := map[bool]string{true: "XAmzContentSHA256Mismatch", false: "BadDigest"}[c.header == "x-amz-content-sha256"]
			if got := put(body + "0"); got.status != http.StatusBadRequest || got.code() != code {
				t.Errorf("another body: %+v", got)
			}
			head := w.ask("OURS", "HEAD", "/the-bucket/key", "", map[string]string{"x-amz-checksum-mode": "ENABLED"})
			if got := head.header.Get("x-amz-checksum-" + c.kept); got == "" || strings.Contains(c.header, c.kept) && got != c.value {
				t.Errorf("%+v", head)
			}
			if plain := w.ask("OURS", "HEAD", "/the-bucket/key", "", nil); plain.header.Get("x-amz-checksum-"+c.kept) != "" {
				t.Errorf("unasked for: %+v", plain)
			}
		})
	}
}

func TestChecksumHeadersThatAreRefused(t *testing.T) {
	w := newWorld(t)
	w.versioned()
	for _, c := range []struct {
		code   string
		header map[string]string
	}{
		{"InvalidDigest", map[string]string{"Content-MD5": "short"}},
		{"InvalidRequest", map[string]string{"x-amz-checksum-crc32": "short"}},
		{"InvalidRequest", map[string]string{"x-amz-checksum-crc32": "y/Q5Jg==", "x-amz-checksum-crc32c": "4waSgw=="}},
		{"InvalidRequest", map[string]string{"x-amz-checksum-crc32": "y/Q5Jg==", "x-amz-sdk-checksum-algorithm": "SHA256"}},
		{"InvalidRequest", map[string]string{"x-amz-sdk-checksum-algorithm": "SHA256"}},
		{"InvalidRequest", map[string]string{"x-amz-trailer": "x-amz-checksum-crc32"}},
		{"InvalidArgument", map[string]string{"x-amz-content-sha256": "none"}},
		{"NotImplemented", map[string]string{"x-amz-checksum-sha512": "AAAA"}},
		{"NotImplemented", map[string]string{"x-amz-tagging": "a=b"}},
		{"NotImplemented", map[string]string{"x-amz-storage-class": "GLACIER"}},
		{"NotImplemented", map[string]string{"x-amz-server-side-encryption-customer-algorithm": "AES256"}},
		{"NotImplemented", map[string]string{"x-amz-copy-source": "a/b"}},
		{"NotImplemented", map[string]string{"x-amz-server-side-encryption": "aws:kms:dsse"}},
		{"InvalidArgument", map[string]string{"x-amz-server-side-encryption": "ROT13"}},
		{"AccessControlListNotSupported", map[string]string{"x-amz-acl": "public-read"}},
		{"MetadataTooLarge", map[string]string{"x-amz-meta-x": strings.Repeat("m", 2048)}},
	} {
		if got := w.ask("OURS", "PUT", "/the-bucket/key", "123456789", c.header); got.code() != c.code {
			t.Errorf("%v: %+v", c.header, got)
		}
	}
	if got := w.ask("OURS", "HEAD", "/the-bucket/key", "", nil); got.status != http.StatusNotFound {
		t.Errorf("something was kept: %+v", got)
	}
}

// Over TLS Amazon's client sends the checksum behind the body, aws-chunked.
func TestTheClientsOwnTrailer(t *testing.T) {
	w := newWorld(t)
	secure := httptest.NewTLSServer(w.router)
	defer secure.Close()
	var encodings []string
	w.versioned()
	c := w.client(func(o *sdk.Options) {
		o.BaseEndpoint, o.HTTPClient = &secure.URL, secure.Client()
		o.APIOptions = append(o.APIOptions, v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
	})
	text := strings.Repeat("a long text ", 20000)
	for _, algorithm := range []types.ChecksumAlgorithm{"", "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"} {
		_, err := c.PutObject(t.Context(), &sdk.PutObjectInput{
			Bucket: aws.String(name), Key: aws.String("key"), ChecksumAlgorithm: algorithm,
			Body: struct{ *strings.Reader }{strings.NewReader(text)}, ContentEncoding: aws.String("x-test"),
		})
		w.ok(err)
		out, err := c.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String(name), Key: aws.String("key")})
		w.ok(err)
		encodings = append(encodings, aws.ToString(out.ContentEncoding))
		if got, err := w.read(c, "key", ""); got != text {
			t.Errorf("%s: %d bytes came back: %v", algorithm, len(got), err)
		}
	}
	if got := strings.Join(encodings, " "); got != strings.TrimSpace(strings.Repeat("x-test ", 6)) {
		t.Errorf("aws-chunked is kept as the object's encoding: %s", got)
	}
}

const (
	chunkedMode  = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	signedMode   = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	trailingMode = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
)

func TestChunkedBodies(t *testing.T) {
	w := newWorld(t)
	w.versioned()
	s := ";chunk-signature=" + strings.Repeat("0", 64)
	large := strings.Repeat("x", 8192)
	for _, c := range []struct {
		name, mode, trailer, body, length, code string
	}{
		{"unsigned", chunkedMode, "", "9\r\n123456789\r\n0\r\n\r\n", "9", ""},
		{"two chunks", chunkedMode, "", "4\r\n1234\r\n5\r\n56789\r\n0\r\n\r\n", "9", ""},
		{"empty", chunkedMode, "", "0\r\n\r\n", "0", ""},
		{"trailer", chunkedMode, "crc32", "9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n", "9", ""},
		{"signed", signedMode, "", "9" + s + "\r\n123456789\r\n0" + s + "\r\n\r\n", "9", ""},
		{
			"signed, large", signedMode, "",
			"2000" + s + "\r\n" + large + "\r\n9" + s + "\r\n123456789\r\n0" + s + "\r\n\r\n", "8201", "",
		},
		{
			"signed trailer", trailingMode, "crc32", "9" + s + "\r\n123456789\r\n0" + s +
				"\r\nx-amz-checksum-crc32:y/Q5Jg==\r\nx-amz-trailer-signature:00\r\n\r\n", "9", "",
		},
		{
			"wrong checksum", chunkedMode, "crc32", "9\r\n123456780\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n", "9",
			"BadDigest",
		},
		{"no number", chunkedMode, "", "z\r\n123456789\r\n0\r\n\r\n", "9", "IncompleteBody"},
		{"wrong size", chunkedMode, "", "8\r\n123456789\r\n0\r\n\r\n", "9", "IncompleteBody"},
		{"cut off", chunkedMode, "", "9\r\n1234", "9", "IncompleteBody"},
		{"no end", chunkedMode, "", "9\r\n123456789\r\n", "9", "IncompleteBody"},
		{"no last line", chunkedMode, "", "9\r\n123456789\r\n0\r\n", "9", "IncompleteBody"},
		{"more behind", chunkedMode, "", "9\r\n123456789\r\n0\r\n\r\n!", "9", "IncompleteBody"},
		{"huge", chunkedMode, "", "ffffffffffffffff\r\n1", "9", "IncompleteBody"},
		{"endless line", chunkedMode, "", strings.Repeat("0", 5000) + "\r\n\r\n", "0", "IncompleteBody"},
		{"other length", chunkedMode, "", "9\r\n123456789\r\n0\r\n\r\n", "8", "IncompleteBody"},
		{"no length", chunkedMode, "", "9\r\n123456789\r\n0\r\n\r\n", "x", "MissingContentLength"},
		{"no signature", signedMode, "", "9\r\n123456789\r\n0\r\n\r\n", "9", "IncompleteBody"},
		{
			"small chunk before the last", signedMode, "",
			"4" + s + "\r\n1234\r\n5" + s + "\r\n56789\r\n0" + s + "\r\n\r\n", "9", "InvalidChunkSizeError",
		},
		{"trailer missing", chunkedMode, "crc32", "9\r\n123456789\r\n0\r\n\r\n", "9", "MalformedTrailerError"},
		{
			"trailer unannounced", chunkedMode, "", "9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n", "9",
			"MalformedTrailerError",
		},
		{
			"another trailer", chunkedMode, "sha1", "9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n", "9",
			"MalformedTrailerError",
		},
		{
			"no trailers in this mode", signedMode, "crc32", "9" + s + "\r\n123456789\r\n0" + s + "\r\n\r\n", "9",
			"MalformedTrailerError",
		},
	} {
		header := map[string]string{"x-amz-content-sha256": c.mode, "x-amz-decoded-content-length": c.length}
		if c.trailer != "" {
			header["x-amz-trailer"] = "x-amz-checksum-" + c.trailer
		}
		got := w.ask("OURS", "PUT", "/the-bucket/key", c.body, header)
		if got.code() != c.code {
			t.Errorf("%s: %+v", c.name, got)
		}
		if c.code == "" {
			head := w.ask("OURS", "HEAD", "/the-bucket/key", "", nil)
			if head.header.Get("Content-Length") != c.length {
				t.Errorf("%s: %+v", c.name, head)
			}
		}
	}
}

func FuzzChunked(f *testing.F) {
	s := ";chunk-signature=" + strings.Repeat("0", 64)
	for mode, body := range []string{
		"9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n",
		"9" + s + "\r\n123456789\r\n0" + s + "\r\n\r\n",
		"9" + s + "\r\n123456789\r\n0" + s + "\r\nx-amz-checksum-crc32:y/Q5Jg==\r\nx-amz-trailer-signature:0\r\n\r\n",
	} {
		f.Add(uint8(mode), []byte(body), int64(9))
		f.Add(uint8(mode+3), []byte(body), int64(9))
	}
	w := newWorld(f)
	w.bucket(w.client(), name)
	f.Fuzz(func(t *testing.T, mode uint8, body []byte, length int64) {
		r := request(t, http.MethodPut, "/the-bucket/key", string(body))
		r.Header.Set("x-amz-content-sha256", []string{chunkedMode, signedMode, trailingMode}[mode%3])
		r.Header.Set("x-amz-decoded-content-length", strconv.FormatInt(length, 10))
		if mode%2 == 0 {
			r.Header.Set("x-amz-trailer", "x-amz-checksum-crc32")
		}
		put, get := httptest.NewRecorder(), httptest.NewRecorder()
		w.router.ServeHTTP(put, r)
		switch {
		case put.Code == http.StatusOK:
			w.router.ServeHTTP(get, request(t, http.MethodGet, "/the-bucket/key", ""))
			if text := get.Body.String(); int64(len(text)) != length || !strings.Contains(string(body), text[:min(len(text), 1)]) {
				t.Fatalf("%d bytes were announced, %d came", length, len(text))
			}
		case put.Code < 400 || put.Code >= 500:
			t.Fatalf("%d %s", put.Code, put.Body)
		}
	})
}

// request is one of ours, for the router itself.
func request(t *testing.T, method, path, body string) *http.Request {
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	sign(r, "OURS")
	return r
}
