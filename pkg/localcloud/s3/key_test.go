package s3_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// A key that no object can have is refused by every operation, and reaches no other object.
func TestKeysThatNoObjectCanHave(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	w.put(c, "a", "text")
	for _, k := range []struct{ key, code string }{
		{"a%000", "InvalidURI"},
		{"a%00", "InvalidURI"},
		{"%ff", "InvalidURI"},
		{"a%c3", "InvalidURI"},
		{strings.Repeat("k", 1025), "KeyTooLongError"},
		{strings.Repeat("k", 40000), "KeyTooLongError"},
		{strings.Repeat("%c3%a4", 513), "KeyTooLongError"},
	} {
		for _, method := range []string{"PUT", "GET", "DELETE"} {
			got := w.ask("OURS", method, "/the-bucket/"+k.key, "", nil)
			if got.status != http.StatusBadRequest || got.code() != k.code {
				t.Errorf("%s %.40s: %+v", method, k.key, got)
			}
		}
		if got := w.ask("OURS", "HEAD", "/the-bucket/"+k.key, "", nil); got.status != http.StatusBadRequest {
			t.Errorf("HEAD %.40s: %+v", k.key, got)
		}
	}
	for _, query := range []string{"list-type=2&prefix=a%00", "list-type=2&start-after=%ff", "versions&key-marker=a%00"} {
		if got := w.ask("OURS", "GET", "/the-bucket?"+query, "", nil); got.code() != "InvalidURI" {
			t.Errorf("%s: %+v", query, got)
		}
	}
	if text, err := w.read(c, "a", ""); text != "text" {
		t.Fatal(err)
	}
	longest := strings.Repeat("k", 1024)
	w.put(c, longest, "long")
	if text, err := w.read(c, longest, ""); text != "long" {
		t.Fatal(err)
	}
}

func TestKeysOfDeleteObjects(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	w.put(c, "a", "text")
	remove := func(keys ...string) (*sdk.DeleteObjectsOutput, error) {
		var list []types.ObjectIdentifier
		for _, key := range keys {
			list = append(list, types.ObjectIdentifier{Key: aws.String(key)})
		}
		return c.DeleteObjects(t.Context(), &sdk.DeleteObjectsInput{
			Bucket: aws.String(name), Delete: &types.Delete{Objects: list},
		})
	}
	_, err := remove("a", "")
	w.refused("MalformedXML", err)
	if text, err := w.read(c, "a", ""); text != "text" {
		t.Fatal("half of it was done:", err)
	}
	out, err := remove(strings.Repeat("k", 1025), "a")
	w.ok(err)
	if len(out.Errors) != 1 || aws.ToString(out.Errors[0].Code) != "KeyTooLongError" || len(out.Deleted) != 1 {
		t.Errorf("%+v", out)
	}
}

// FuzzKeys: a key either is refused with 400 or is one of its own, and leaves the others alone.
func FuzzKeys(f *testing.F) {
	for _, key := range []string{"b", "a\x00", "a\x000", "\xff", "a/", "ä", ".", "..", strings.Repeat("k", 1025), "a\x01b"} {
		f.Add(key)
	}
	w := newWorld(f)
	w.put(w.versioned(), "a", "text")
	f.Fuzz(func(t *testing.T, key string) {
		w.t = t
		if key == "" || key == "a" {
			return
		}
		path := "/the-bucket/" + strings.ReplaceAll(url.QueryEscape(key), "+", "%20")
		good := utf8.ValidString(key) && !strings.Contains(key, "\x00") && len(key) <= 1024
		want := map[string]int{"PUT": http.StatusOK, "GET": http.StatusOK, "DELETE": http.StatusNoContent}
		for _, method := range []string{"PUT", "GET", "DELETE"} {
			if !good {
				want[method] = http.StatusBadRequest
			}
			if got := w.ask("OURS", method, path, "", nil); got.status != want[method] {
				t.Errorf("%s %q: %+v", method, key, got)
			}
		}
		if got := w.ask("OURS", "GET", "/the-bucket/a", "", nil); got.body != "text" {
			t.Errorf("%q did something to another: %+v", key, got)
		}
	})
}
