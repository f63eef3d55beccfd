package wire_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// refusal is an error of the query protocol.
type refusal struct {
	XMLName   xml.Name `xml:"ErrorResponse"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestID string   `xml:"RequestId"`
}

func TestQueryRefusals(t *testing.T) {
	const identity = "Action=GetCallerIdentity&Version=2011-06-15"
	cases := map[string]struct {
		form              string
		status            int
		kind, code, words string
	}{
		"no action": {"Version=2011-06-15", 400, "Sender", "MissingAction", "missing an action"},
		"nothing":   {"", 400, "Sender", "MissingAction", "missing an action"},
		"JSON":      {`{"Action":"GetCallerIdentity"}`, 400, "Sender", "MissingAction", "missing an action"},
		"unknown": {
			"Action=Get%3CX&Version=2011-06-15", 400, "Sender", "InvalidAction",
			"Could not find operation Get<X for version 2011-06-15",
		},
		"case": {"Action=getcalleridentity&Version=2011-06-15", 400, "Sender", "InvalidAction", "getcalleridentity"},
		"other version": {
			"Action=GetCallerIdentity&Version=2010-05-08", 400, "Sender", "NoSuchVersion", `"2010-05-08" is not 2011-06-15`,
		},
		"no version": {"Action=GetCallerIdentity", 400, "Sender", "NoSuchVersion", "is not 2011-06-15"},
		"malformed":  {"Action=%zz", 404, "Sender", "MalformedQueryString", "syntax error"},
		"twice":      {identity + "&Action=Other", 400, "Sender", "MalformedInput", "Action is given twice"},
		"a gap":      {identity + "&StackName.member.2=a", 400, "Sender", "MalformedInput", "without StackName.member.1"},
		"unknown param": {
			identity + "&B=1&A.member.1.C=2", 400, "Sender", "ValidationError", "the parameter A of GetCallerIdentity",
		},
		"param's case":  {identity + "&fail=x", 400, "Sender", "ValidationError", "the parameter fail of"},
		"the service's": {identity + "&Fail=a%26b%3C%01%FF%0A", 400, "Sender", "ValidationError", "a&b<\uFFFD\uFFFD\n"},
		"internal":      {identity + "&Fail=inside", 500, "Receiver", "InternalFailure", "the disk is full"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			c := start(t)
			status, body := c.send(t, c.form(t, "sts", test.form))
			var got refusal
			if err := xml.Unmarshal([]byte(body), &got); err != nil {
				t.Fatalf("%v: %s", err, body)
			}
			if status != test.status || got.Type != test.kind || got.Code != test.code ||
				!strings.Contains(got.Message, test.words) || len(got.RequestID) != 36 {
				t.Errorf("got %d %+v", status, got)
			}
			if got.XMLName.Space != "https://example.com/2011-06-15/" {
				t.Errorf("the namespace is %s", got.XMLName.Space)
			}
		})
	}
}

// EKS signs in with a presigned GET of GetCallerIdentity.
func TestQueryByGET(t *testing.T) {
	c := start(t)
	r := c.signed(t, "sts", "GET", "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256"+
		"&X-Amz-Credential=AKIDONE%2F20261121%2Feu-west-1%2Fsts%2Faws4_request&X-Amz-Expires=60&X-Amz-Signature=0", "")
	r.Header.Del("Authorization")
	status, body := c.send(t, r)
	want := "<GetCallerIdentityResult><Account>111111111111</Account>"
	if status != 200 || !strings.Contains(body, want) ||
		!strings.HasSuffix(body, "</RequestId></ResponseMetadata></GetCallerIdentityResponse>") {
		t.Errorf("got %d %s", status, body)
	}
}

func parse(t *testing.T, text string) wire.Form {
	t.Helper()
	f, err := wire.ParseForm(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestForm(t *testing.T) {
	f := parse(t, "A=1&Empty=&L.member.1=a&L.member.2=&S.member.1.K=k1&S.member.1.V=v1&S.member.2.K=k2"+
		"&S.member.2.L.member.1.X=deep&Yes=true&No=false&Odd=True&Tags=")
	if f.Get("A") != "1" || !f.Has("Empty") || f.Has("a") || f.Has("L") || !f.Has("Tags") {
		t.Error("Get or Has is wrong")
	}
	if got := f.List("L"); !slices.Equal(got, []string{"a", ""}) {
		t.Errorf("L is %q", got)
	}
	if f.List("Tags") != nil || f.Structs("Tags") != nil || f.List("S") != nil || f.Structs("L") != nil {
		t.Error("an empty list, or one of another kind, has items")
	}
	s := f.Structs("S")
	if len(s) != 2 || s[0].Get("K") != "k1" || s[0].Get("V") != "v1" || s[1].Get("K") != "k2" || s[1].Has("V") {
		t.Errorf("S is %v", s)
	}
	if deep := s[1].Structs("L"); len(deep) != 1 || deep[0].Get("X") != "deep" {
		t.Errorf("within S there is %v", deep)
	}
	for name, want := range map[string]string{
		"Yes": "true <nil>", "No": "false <nil>", "None": "false <nil>", "Empty": "false <nil>",
		"Odd": `false MalformedInput: Odd is true or false, not "True"`,
	} {
		if got, err := f.Bool(name); fmt.Sprint(got, " ", err) != want {
			t.Errorf("%s is %v, %v", name, got, err)
		}
	}
	for name, want := range map[string]string{
		"A": "1 <nil>", "None": "7 <nil>", "Empty": `0 MalformedInput: Empty is a number, not ""`,
	} {
		if got, err := f.Int(name, 7); fmt.Sprint(got, " ", err) != want {
			t.Errorf("%s is %v, %v", name, got, err)
		}
	}
}

func TestFormsThatWouldBePassedOver(t *testing.T) {
	for _, text := range []string{
		"A=1&A=1", "L.member.2=a", "L.member.1=a&L.member.3=c", "L.member.0=a", "L.member.01=a", "L.member.-1=a",
		"L.member.x=a",
		"L.member.=a", "L.member..A=a", "S.member.1.L.member.2=a", "S.member.2.A=a", "L.member.99999999999999999999=a",
		"a;b", "%", strings.Repeat("A.member.1.", 10) + "=a",
	} {
		if f, err := wire.ParseForm(text); err == nil {
			t.Errorf("%s is %v", text, f)
		}
	}
}

func TestJSON(t *testing.T) {
	c := start(t)
	for body, want := range map[string]string{
		`{"TableName":"t","Tags":[{"Key":"k","Value":"v"}],"Any":{"any":{"a":[1,{"b":null}]}},"renamed":1}`: `"renamed":1`,
		`{"TableName":"é<\u0001"}`:      `"TableName":"é\u003c\u0001"`,
		``:                              `"TableName":""`,
		` {} `:                          `"TableName":""`,
		`{"Tags":null,"renamed":null}`:  `"Tags":null`,
		`{"Any":{"tablename":{"A":1}}}`: `"tablename":{"A":1}`,
	} {
		status, answer := c.send(t, c.table(t, body))
		if status != 200 || !strings.Contains(answer, want) {
			t.Errorf("%s: got %d %s", body, status, answer)
		}
	}
}

func TestJSONRefusals(t *testing.T) {
	unmodelled := "plldb's local cloud does not model the parameter "
	cases := map[string]struct{ body, code, words string }{
		"unknown":        {`{"Other":1}`, "ValidationException", unmodelled + `"Other" of DescribeTable`},
		"unknown inside": {`{"Tags":[{"Key":"k"},{"Keys":1}]}`, "ValidationException", unmodelled + `"Tags.Keys"`},
		"other case":     {`{"tablename":"t"}`, "ValidationException", unmodelled + `"tablename"`},
		"field's name":   {`{"Renamed":1}`, "ValidationException", unmodelled + `"Renamed"`},
		"twice":          {`{"TableName":"a","TableName":"b"}`, "SerializationException", "TableName stands twice"},
		"twice, deep":    {`{"Any":{"x":{"a":1,"a":2}}}`, "SerializationException", "a stands twice"},
		"more follows":   {`{"TableName":"a"} {}`, "SerializationException", "after top-level value"},
		"cut":            {`{"TableName":"a"`, "SerializationException", "unexpected end"},
		"other kind":     {`{"TableName":1}`, "SerializationException", "number"},
		"no object":      {`[]`, "SerializationException", "array"},
		"deep":           {strings.Repeat("[", 500_000), "SerializationException", "depth"},
		"the service's":  {`{"TableName":"missing"}`, "ResourceNotFoundException", "no table missing"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			c := start(t)
			status, body := c.send(t, c.table(t, test.body))
			var got map[string]string
			if err := json.Unmarshal([]byte(body), &got); err != nil {
				t.Fatalf("%v: %s", err, body)
			}
			if status != 400 || got["__type"] != "com.amazonaws.dynamodb#"+test.code ||
				!strings.Contains(got["message"], test.words) {
				t.Errorf("got %d %v", status, got)
			}
		})
	}
}

func TestJSONTargets(t *testing.T) {
	c := start(t)
	for _, target := range []string{
		"", "DescribeTable", "DynamoDB_20120810.Other", "Other.DescribeTable", "DynamoDB_20120810.describetable",
	} {
		r := c.table(t, "{}")
		r.Header.Set("X-Amz-Target", target)
		if status, body := c.send(t, r); status != 400 || !strings.Contains(body, "UnknownOperationException") {
			t.Errorf("%q: got %d %s", target, status, body)
		}
	}
	stranger := c.table(t, "{}")
	stranger.Header.Set("Authorization", strings.Replace(stranger.Header.Get("Authorization"), "AKIDONE", "AKIDTWO", 1))
	if status, body := c.send(t, stranger); status != 400 || !strings.Contains(body, "UnrecognizedClientException") {
		t.Errorf("got %d %s", status, body)
	}
}

func TestErrorsCarryTheirHeader(t *testing.T) {
	c := start(t)
	answer, err := c.Client().Do(c.table(t, `{"TableName":"missing"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	want := http.Header{"X-More": {"more"}, "Content-Type": {"application/x-amz-json-1.0"}}
	for name := range want {
		if answer.Header.Get(name) != want.Get(name) {
			t.Errorf("%s is %q", name, answer.Header.Get(name))
		}
	}
	if len(answer.Header.Get("X-Amzn-Requestid")) != 36 {
		t.Errorf("the request id is %q", answer.Header.Get("X-Amzn-Requestid"))
	}
}

// long is a form with two lists of n.
func long(n int) string {
	var text strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&text, "&S.member.%d.K=k%d&L.member.%d=l%d", i, i, i, i)
	}
	return text.String()[1:]
}

func TestALongForm(t *testing.T) {
	const n = 5000
	f := parse(t, long(n))
	structs, list := f.Structs("S"), f.List("L")
	if len(structs) != n || len(list) != n || structs[n-1].Get("K") != "k5000" || list[n-1] != "l5000" {
		t.Errorf("there are %d and %d", len(structs), len(list))
	}
	if _, err := wire.ParseForm(long(n) + "&A=1"); err == nil {
		t.Error("net/url takes 10 000 fields, and no more")
	}
}

// The time for a field is the same in a short form and in a long one.
func BenchmarkForm(b *testing.B) {
	for _, n := range []int{50, 5000} {
		text := long(n)
		b.Run(fmt.Sprint(2*n), func(b *testing.B) {
			for b.Loop() {
				f, err := wire.ParseForm(text)
				if err != nil || len(f.Structs("S")) != n || len(f.List("L")) != n {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*2*n), "ns/field")
		})
	}
}
