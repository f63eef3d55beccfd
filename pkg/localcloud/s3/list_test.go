package s3_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
)

func (w *world) serve(r *http.Request) *httptest.ResponseRecorder {
	out := httptest.NewRecorder()
	w.router.ServeHTTP(out, r)
	return out
}

// versions lists all, by pages: key:id, with a star for a marker and an exclamation mark for the latest.
func (w *world) versions(c *sdk.Client, page int32, change ...func(*sdk.ListObjectVersionsInput)) []string {
	w.t.Helper()
	in := &sdk.ListObjectVersionsInput{Bucket: aws.String(name), MaxKeys: &page}
	for _, f := range change {
		f(in)
	}
	var list []string
	pages := sdk.NewListObjectVersionsPaginator(c, in)
	for pages.HasMorePages() {
		out, err := pages.NextPage(w.t.Context())
		w.ok(err)
		if n := len(out.Versions) + len(out.DeleteMarkers) + len(out.CommonPrefixes); n > int(page) || n == 0 && page > 0 && len(list) > 0 {
			w.t.Errorf("a page of %d", n)
		}
		list = append(list, entries(out)...)
	}
	return list
}

func entries(out *sdk.ListObjectVersionsOutput) []string {
	var list []string
	mark := func(latest *bool) string { return map[bool]string{true: "!", false: ""}[aws.ToBool(latest)] }
	for _, v := range out.Versions {
		list = append(list, *v.Key+":"+*v.VersionId+mark(v.IsLatest))
	}
	for _, m := range out.DeleteMarkers {
		list = append(list, *m.Key+":"+*m.VersionId+"*"+mark(m.IsLatest))
	}
	for _, p := range out.CommonPrefixes {
		list = append(list, *p.Prefix)
	}
	return list
}

func TestListingVersionsByPages(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	var want []string
	for _, key := range []string{"a", "a/1", "a/2", "a0", "b/1", "c"} {
		one, two := w.put(c, key, "one"), w.put(c, key, "two")
		marker, err := c.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: aws.String(name), Key: &key})
		w.ok(err)
		want = append(want, key+":"+*marker.VersionId+"*!", key+":"+*two.VersionId, key+":"+*one.VersionId)
	}
	slices.Sort(want)
	for _, page := range []int32{1, 2, 3, 5, 1000} {
		got := w.versions(c, page)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("by %d: %v", page, got)
		}
		folded := w.versions(c, page, func(in *sdk.ListObjectVersionsInput) { in.Delimiter = aws.String("/") })
		if n := len(folded); n != 3+3+3+2 || !slices.Contains(folded, "a/") || !slices.Contains(folded, "b/") {
			t.Errorf("by %d, folded: %v", page, folded)
		}
		under := w.versions(c, page, func(in *sdk.ListObjectVersionsInput) {
			in.Delimiter, in.Prefix = aws.String("/"), aws.String("a/")
		})
		if len(under) != 6 {
			t.Errorf("by %d, under a/: %v", page, under)
		}
	}
}

// A listing goes on where it was, when the version that a page ended with is deleted meanwhile.
func TestListingGoesOnBehindADeletedVersion(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	for i := range 4 {
		w.put(c, "key", fmt.Sprint(i))
	}
	list := func(key, id *string) *sdk.ListObjectVersionsOutput {
		out, err := c.ListObjectVersions(t.Context(), &sdk.ListObjectVersionsInput{
			Bucket: aws.String(name), MaxKeys: aws.Int32(2), KeyMarker: key, VersionIdMarker: id,
		})
		w.ok(err)
		return out
	}
	first := list(nil, nil)
	_, err := c.DeleteObject(t.Context(), &sdk.DeleteObjectInput{
		Bucket: aws.String(name), Key: aws.String("key"), VersionId: first.NextVersionIdMarker,
	})
	w.ok(err)
	second := list(first.NextKeyMarker, first.NextVersionIdMarker)
	if len(second.Versions) != 2 || aws.ToBool(second.IsTruncated) {
		t.Errorf("%v", entries(second))
	}
	for query, code := range map[string]string{
		"version-id-marker=null": "InvalidArgument", "key-marker=a&version-id-marker=x": "InvalidArgument",
		"max-keys=-1": "InvalidArgument", "max-keys=many": "InvalidArgument", "encoding-type=rot13": "InvalidArgument",
	} {
		if got := w.ask("OURS", "GET", "/the-bucket?versions&"+query, "", nil); got.code() != code {
			t.Errorf("%s: %+v", query, got)
		}
	}
}

func TestListingObjects(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	for _, key := range []string{"a", "a/1", "a/2", "a0", "b/1", "c", "d"} {
		w.put(c, key, "text")
	}
	_, err := c.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: aws.String(name), Key: aws.String("c")})
	w.ok(err)
	for _, o := range []struct{ prefix, delimiter, after, want string }{
		{"", "", "", "a a/1 a/2 a0 b/1 d"},
		{"a", "", "", "a a/1 a/2 a0"},
		{"a/", "", "", "a/1 a/2"},
		{"", "/", "", "a a/ a0 b/ d"},
		{"a/", "/", "", "a/1 a/2"},
		{"", "", "a/1", "a/2 a0 b/1 d"},
		{"", "/", "a/1", "a/ a0 b/ d"},
		{"x", "", "", ""},
	} {
		for _, page := range []int32{1, 2, 1000} {
			got := w.objects(c, page, o.prefix, o.delimiter, o.after)
			if strings.Join(got, " ") != o.want {
				t.Errorf("%+v by %d: %v", o, page, got)
			}
		}
	}
	none, err := c.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Input{Bucket: aws.String(name), MaxKeys: aws.Int32(0)})
	if err != nil || aws.ToInt32(none.KeyCount) != 0 || aws.ToBool(none.IsTruncated) {
		t.Errorf("%+v, %v", none, err)
	}
	for _, query := range []string{"list-type=1", "list-type=2&continuation-token=x"} {
		if got := w.ask("OURS", "GET", "/the-bucket?"+query, "", nil); got.code() != "InvalidArgument" {
			t.Errorf("%s: %+v", query, got)
		}
	}
}

func (w *world) objects(c *sdk.Client, page int32, prefix, delimiter, after string) []string {
	w.t.Helper()
	var list []string
	pages := sdk.NewListObjectsV2Paginator(c, &sdk.ListObjectsV2Input{
		Bucket: aws.String(name), MaxKeys: &page, Prefix: &prefix, Delimiter: &delimiter, StartAfter: &after,
	})
	for pages.HasMorePages() {
		out, err := pages.NextPage(w.t.Context())
		w.ok(err)
		for _, o := range out.Contents {
			list = append(list, *o.Key)
		}
		for _, p := range out.CommonPrefixes {
			list = append(list, *p.Prefix)
		}
	}
	slices.Sort(list)
	return list
}

func TestKeysInListingsMayBeEncoded(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	w.put(c, "a b/\x01&<ü+", "text")
	for _, query := range []string{"list-type=2", "versions"} {
		plain := w.ask("OURS", "GET", "/the-bucket?"+query, "", nil).body
		encoded := w.ask("OURS", "GET", "/the-bucket?encoding-type=url&"+query, "", nil).body
		if !strings.Contains(plain, "&amp;&lt;ü+</Key>") || !strings.Contains(encoded, "<Key>a+b/%01%26%3C%C3%BC%2B</Key>") {
			t.Errorf("%s\n%s", plain, encoded)
		}
	}
}
