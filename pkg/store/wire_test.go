package store_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/plldb/plldb/pkg/store"
)

// over makes a Store that speaks to a server of the test's own.
func over(server *httptest.Server) *store.Store {
	w := &world{url: server.URL, http: server.Client()}
	return store.New(w.client(plldb, "eu-west-1"), ireland())
}

type sent struct {
	*http.Request
	body []byte
}

// record answers every request with a version, and keeps them.
func record(requests *[]sent) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*requests = append(*requests, sent{r, body})
		w.Header().Set("x-amz-version-id", "v1")
	}
}

// What an upload is on the wire: the plain bytes with their length and one checksum, the one that was given; no second
// checksum, no trailer, no chunks, which emulators stumble over.
func TestAnUploadOnTheWire(t *testing.T) {
	zip := strings.Repeat("zip", 1<<20) // past the size from which the SDK first asks for "100 Continue"
	for name, start := range map[string]func(http.Handler) *httptest.Server{
		"http": httptest.NewServer, "https": httptest.NewTLSServer,
	} {
		t.Run(name, func(t *testing.T) {
			var requests []sent
			server := start(record(&requests))
			defer server.Close()
			a := archive("fn", zip)
			if _, err := over(server).PutArchive(t.Context(), a, key, false); err != nil {
				t.Fatal(err)
			}
			if len(requests) != 1 {
				t.Fatalf("%d requests", len(requests))
			}
			r := requests[0]
			path := "/" + ireland().Name + "/" + key
			if r.Method != http.MethodPut || r.URL.Path != path || !bytes.Equal(r.body, []byte(zip)) {
				t.Errorf("%s %s, %d bytes", r.Method, r.URL.Path, len(r.body))
			}
			if r.ContentLength != a.Size || len(r.TransferEncoding) != 0 || len(r.Trailer) != 0 {
				t.Errorf("length %d, encoding %v, trailer %v", r.ContentLength, r.TransferEncoding, r.Trailer)
			}
			for header, want := range map[string]string{
				"x-amz-checksum-sha256":        a.Digest.String(),
				"x-amz-sdk-checksum-algorithm": "SHA256",
				"x-amz-expected-bucket-owner":  account,
				"Content-Type":                 "application/zip",
				"Content-Encoding":             "",
				"x-amz-trailer":                "",
				"x-amz-decoded-content-length": "",
			} {
				if got := strings.Join(r.Header.Values(header), " and "); got != want {
					t.Errorf("%s: %q, want %q", header, got, want)
				}
			}
			if n := checksums(r.Header); n != 1 {
				t.Errorf("%d checksums in %v", n, r.Header)
			}
		})
	}
}

func checksums(header http.Header) (n int) {
	for name := range header {
		if strings.HasPrefix(strings.ToLower(name), "x-amz-checksum-") {
			n++
		}
	}
	return n
}

// The URL that CloudFormation is given: in every partition, and at a set endpoint.
func TestTemplateURL(t *testing.T) {
	for _, c := range []struct{ region, partition, endpoint, want string }{
		{"eu-west-1", "aws", "", "https://NAME.s3.eu-west-1.amazonaws.com/k/t.yaml?versionId=a%2Fb"},
		{"us-east-1", "aws", "", "https://NAME.s3.us-east-1.amazonaws.com/k/t.yaml?versionId=a%2Fb"},
		{"cn-north-1", "aws-cn", "", "https://NAME.s3.cn-north-1.amazonaws.com.cn/k/t.yaml?versionId=a%2Fb"},
		{"us-gov-west-1", "aws-us-gov", "", "https://NAME.s3.us-gov-west-1.amazonaws.com/k/t.yaml?versionId=a%2Fb"},
		{"eu-west-1", "aws", "http://localhost:5000", "http://localhost:5000/NAME/k/t.yaml?versionId=a%2Fb"},
		{"eu-west-1", "aws", "https://s3.internal/v1/", "https://s3.internal/v1/NAME/k/t.yaml?versionId=a%2Fb"},
	} {
		b := bucketIn(c.region, c.partition)
		client := s3.New(s3.Options{Region: c.region}, func(o *s3.Options) {
			if c.endpoint != "" {
				o.BaseEndpoint, o.UsePathStyle = &c.endpoint, true
			}
			o.EndpointOptions.UseFIPSEndpoint = aws.FIPSEndpointStateEnabled // which is for plldb's own requests
		})
		got, err := store.New(client, b).TemplateURL(t.Context(), "k/t.yaml", "a/b")
		if want := strings.ReplaceAll(c.want, "NAME", b.Name); got != want || err != nil {
			t.Errorf("%s %s: got %s, %v; want %s", c.region, c.endpoint, got, err, want)
		}
	}
}
