package s3_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const (
	rule   = `<Rule><ID>a</ID><Status>Enabled</Status><Filter><Prefix>p/</Prefix></Filter>`
	noncur = `<NoncurrentVersionExpiration><NoncurrentDays>90</NoncurrentDays></NoncurrentVersionExpiration>`
)

func TestWhatASettingMayBe(t *testing.T) {
	abort := `<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload>`
	w := newWorld(t)
	w.bucket(w.client(), name)
	for _, c := range []struct{ sub, body, code string }{
		{"versioning", `<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>`, ""},
		{"versioning", `<VersioningConfiguration/>`, "IllegalVersioningConfigurationException"},
		{"versioning", `<VersioningConfiguration><Status>On</Status></VersioningConfiguration>`, "MalformedXML"},
		{
			"versioning",
			`<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>`,
			"NotImplemented",
		},
		{
			"versioning",
			`<VersioningConfiguration><Status>Enabled</Status><Status>Enabled</Status></VersioningConfiguration>`,
			"MalformedXML",
		},
		{"versioning", `<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration><More/>`, "MalformedXML"},
		{"versioning", `<VersioningConfiguration><State>Enabled</State></VersioningConfiguration>`, "MalformedXML"},
		{"versioning", `<VersioningConfiguration>Enabled</VersioningConfiguration>`, "MalformedXML"},
		{"versioning", `<!DOCTYPE a [<!ENTITY b "c">]><VersioningConfiguration/>`, "MalformedXML"},
		{"versioning", `{"Status":"Enabled"}`, "MalformedXML"},
		{"versioning", ``, "MalformedXML"},
		{
			"publicAccessBlock",
			`<PublicAccessBlockConfiguration><BlockPublicAcls>maybe</BlockPublicAcls></PublicAccessBlockConfiguration>`,
			"MalformedXML",
		},
		{
			"ownershipControls", `<OwnershipControls><Rule><ObjectOwnership>Mine</ObjectOwnership></Rule></OwnershipControls>`,
			"MalformedXML",
		},
		{"ownershipControls", `<OwnershipControls/>`, "MalformedXML"},
		{"encryption", sse(`<SSEAlgorithm>AES256</SSEAlgorithm>`), ""},
		{"encryption", sse(`<SSEAlgorithm>ROT13</SSEAlgorithm>`), "MalformedXML"},
		{"encryption", sse(`<SSEAlgorithm>aws:kms:dsse</SSEAlgorithm>`), "NotImplemented"},
		{"encryption", sse(`<SSEAlgorithm>AES256</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID>`), "InvalidArgument"},
		{"tagging", tags("k", "l"), ""},
		{"tagging", tags(), ""},
		{"tagging", `<Tagging/>`, "MalformedXML"},
		{"tagging", tags("k", "k"), "InvalidTag"},
		{"tagging", tags("aws:k"), "InvalidTag"},
		{"tagging", tags(""), "InvalidTag"},
		{"tagging", tags(strings.Repeat("k", 129)), "InvalidTag"},
		{"tagging", tags(strings.Split(strings.Repeat("k", 51), "")...), "BadRequest"},
		{"lifecycle", life(rule + noncur + `</Rule>`), ""},
		{"lifecycle", life(rule + abort + `</Rule>`), ""},
		{"lifecycle", life(rule + noncur + `</Rule>` + rule + noncur + `</Rule>`), "InvalidArgument"},
		{"lifecycle", life(rule + `</Rule>`), "InvalidRequest"},
		{"lifecycle", life(``), "MalformedXML"},
		{"lifecycle", life(`<Rule><Status>Enabled</Status>` + noncur + `</Rule>`), "MalformedXML"},
		{"lifecycle", life(`<Rule><Status>On</Status><Prefix/>` + noncur + `</Rule>`), "MalformedXML"},
		{"lifecycle", life(rule + strings.ReplaceAll(noncur, "90", "0") + `</Rule>`), "InvalidArgument"},
		{
			"lifecycle",
			life(rule + `<Expiration><Days>1</Days><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration></Rule>`),
			"MalformedXML",
		},
		{"lifecycle", life(rule + `<Expiration><Date>2026-01-01T01:00:00Z</Date></Expiration></Rule>`), "InvalidArgument"},
		{
			"lifecycle", life(rule + noncur + `</Rule><Rule><Status>Enabled</Status><Prefix/>` + noncur + `</Rule>`),
			"InvalidRequest",
		},
		{
			"lifecycle",
			life(`<Rule><Status>Enabled</Status><Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter>` + abort + `</Rule>`),
			"InvalidRequest",
		},
		{
			"lifecycle",
			life(`<Rule><Status>Enabled</Status><Filter><Prefix>a</Prefix><ObjectSizeLessThan>1</ObjectSizeLessThan></Filter>` + noncur + `</Rule>`),
			"MalformedXML",
		},
		{
			"lifecycle", life(rule + `<Transition><Days>1</Days><StorageClass>ATTIC</StorageClass></Transition></Rule>`),
			"MalformedXML",
		},
	} {
		got := w.ask("OURS", "PUT", "/the-bucket?"+c.sub, c.body, map[string]string{"Content-MD5": md5Of(c.body)})
		if got.code() != c.code || (got.status < 300) != (c.code == "") {
			t.Errorf("%s %s: %+v", c.sub, c.body, got)
		}
	}
}

func sse(inner string) string {
	return `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>` + inner +
		`</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`
}

func tags(keys ...string) string {
	var b strings.Builder
	for _, key := range keys {
		b.WriteString(`<Tag><Key>` + key + `</Key><Value>v</Value></Tag>`)
	}
	return `<Tagging><TagSet>` + b.String() + `</TagSet></Tagging>`
}

func life(rules string) string {
	return `<LifecycleConfiguration>` + rules + `</LifecycleConfiguration>`
}

func TestSomeBodiesMustBeSummed(t *testing.T) {
	w := newWorld(t)
	w.bucket(w.client(), name)
	for path, body := range map[string]string{
		"PUT /the-bucket?lifecycle": life(rule + noncur + `</Rule>`),
		"PUT /the-bucket?tagging":   tags("k"),
		"POST /the-bucket?delete":   `<Delete><Object><Key>k</Key></Object></Delete>`,
	} {
		method, path, _ := strings.Cut(path, " ")
		if got := w.ask("OURS", method, path, body, nil); got.code() != "InvalidRequest" {
			t.Errorf("%s: %+v", path, got)
		}
		if got := w.ask("OURS", method, path, body, map[string]string{"Content-MD5": emptyMD5}); got.code() != "BadDigest" {
			t.Errorf("%s: %+v", path, got)
		}
	}
}

func TestSettingsOfANewBucket(t *testing.T) {
	w := newWorld(t)
	w.bucket(w.client(), name)
	for sub, want := range map[string]string{
		"publicAccessBlock": "<BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>" +
			"<BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets>",
		"ownershipControls": "<ObjectOwnership>BucketOwnerEnforced</ObjectOwnership>",
		"encryption":        "<SSEAlgorithm>AES256</SSEAlgorithm>",
		"versioning":        `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></VersioningConfiguration>`,
	} {
		if got := w.ask("OURS", "GET", "/the-bucket?"+sub, "", nil); !strings.Contains(got.body, want) {
			t.Errorf("%s: %+v", sub, got)
		}
	}
}

// roots are the settings that are read and written in XML.
func roots() []string {
	return []string{"versioning", "publicAccessBlock", "ownershipControls", "encryption", "lifecycle", "tagging"}
}

// What is taken comes back so that it can be given again, and stays the same; nothing is an internal failure.
func FuzzXML(f *testing.F) {
	for i, body := range []string{
		suspended,
		`<PublicAccessBlockConfiguration><BlockPublicAcls>TRUE</BlockPublicAcls></PublicAccessBlockConfiguration>`,
		`<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>`,
		sse(`<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID>`),
		life(rule + noncur + `</Rule>`),
		tags("k"),
		`<Delete><Object><Key>k</Key><VersionId>null</VersionId></Object></Delete>`,
	} {
		f.Add(uint8(i), body)
	}
	w := newWorld(f)
	w.bucket(w.client(), name)
	serve := func(t *testing.T, method, path, body string) *httptest.ResponseRecorder {
		r, out := request(t, method, path, body), httptest.NewRecorder()
		r.Header.Set("Content-MD5", md5Of(body))
		w.router.ServeHTTP(out, r)
		if out.Code >= 500 && out.Code != http.StatusNotImplemented {
			t.Fatalf("%s %s: %d %s", method, path, out.Code, out.Body)
		}
		return out
	}
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		if int(which)%(len(roots())+1) == len(roots()) {
			serve(t, http.MethodPost, "/the-bucket?delete", body)
			return
		}
		path := "/the-bucket?" + roots()[int(which)%(len(roots())+1)]
		if serve(t, http.MethodPut, path, body).Code >= 300 {
			return
		}
		first := serve(t, http.MethodGet, path, "").Body.String()
		if strings.Contains(first, "<Code>NoSuchTagSet<") { // an empty set is none
			return
		}
		if again := serve(t, http.MethodPut, path, first); again.Code >= 300 {
			t.Fatalf("%q became %q: %s", body, first, again.Body)
		}
		if second := serve(t, http.MethodGet, path, "").Body.String(); second != first {
			t.Fatalf("%q became %q", first, second)
		}
	})
}
