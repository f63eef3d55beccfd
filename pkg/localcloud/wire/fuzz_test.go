package wire_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// FuzzForm reads forms: each field of a form that is taken is found again.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{
		"", "A=1&B=%20", "L.member.1=a&L.member.2=b", "S.member.1.K=k&S.member.1.V.member.1=v", "L.member.2=a",
		"=", "&&", "a;b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		form, err := wire.ParseForm(text)
		if err != nil {
			return
		}
		for _, pair := range strings.Split(text, "&") {
			name, _, _ := strings.Cut(pair, "=")
			list, _, found := strings.Cut(name, ".member.")
			if found && !strings.ContainsAny(name, "%+") && len(form.List(list))+len(form.Structs(list)) == 0 {
				t.Errorf("%q has no items", list)
			}
		}
	})
}

// FuzzCredential reads signatures' scopes: whatever stands there, the answer is one.
func FuzzCredential(f *testing.F) {
	const header = "AWS4-HMAC-SHA256 Credential=AKIDONE/20261121/eu-west-1/sts/aws4_request"
	f.Add(header, "", "Action=GetCallerIdentity&Version=1")
	f.Add("", "X-Amz-Credential=AKIDONE%2F20261121%2Feu-west-1%2Fs3%2Faws4_request", "")
	f.Add("AWS4-HMAC-SHA256 Credential=//////aws4_request", "%", "{}")
	f.Fuzz(func(t *testing.T, header, query, body string) {
		router := &wire.Router{
			Services:  map[string]wire.Service{"sts": &wire.Query{Version: "1"}, "s3": bucket{&cloud{}}},
			Now:       time.Now,
			AccountOf: func(string) string { return "" },
			Secure:    func() bool { return true },
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("Authorization", header)
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		if w.Code == http.StatusOK && w.Header().Get("Content-Type") == "text/xml" {
			t.Errorf("nobody was let in: %s", w.Body)
		}
	})
}

// FuzzEscape: what is escaped is XML, and reads as it was as far as XML can hold it.
func FuzzEscape(f *testing.F) {
	f.Add("a<b>&\"'\x00\x1f\xff\uFFFE\r\n\t]]>")
	f.Fuzz(func(t *testing.T, text string) {
		d := xml.NewDecoder(strings.NewReader("<a>" + wire.Escape(text) + "</a>"))
		var got strings.Builder
		for {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if characters, ok := token.(xml.CharData); ok {
				got.Write(characters)
			}
		}
		holds := func(r rune) bool {
			return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000
		}
		want := strings.Map(func(r rune) rune {
			if !holds(r) {
				return '\uFFFD'
			}
			return r
		}, strings.ToValidUTF8(text, ""))
		if strings.ToValidUTF8(text, "") == text && got.String() != want {
			t.Errorf("got %q, want %q", got.String(), want)
		}
	})
}
