package main

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

const (
	accountID = "123456789012"
	caller    = "arn:aws:iam::" + accountID + ":user/ann"
)

// cloud plays one AWS account over HTTP as far as plldb asks for it: STS and CloudFormation by their query protocol,
// S3 by REST with the bucket in the path. It keeps what it is told, and is strict in what plldb promises: checksums,
// the expected owner on every S3 call, template URLs that name a version.
type cloud struct {
	mu     sync.Mutex
	asked  []string         // every operation, in order
	since  int              // how many there were when the scenario last changed
	odd    map[string]reply // answered otherwise by the scenario, by operation
	silent map[string]bool  // never answered

	bucket   bool
	settings map[string]string // by S3's name for the sub-resource: the body of its last PUT
	versions []version         // oldest first
	stack    stackState
	stuck    bool // what CloudFormation begins does not end
	failing  bool // what CloudFormation begins fails

	lastsUntil string // the credentials expire when this operation was answered
	expired    bool
}

// call is one request, as far as an answer depends on it.
type call struct {
	op      string
	form    url.Values  // of the query protocol; of S3, the URL's query
	head    http.Header // of S3
	key     string      // of S3
	body    []byte
	isQuery bool
}

// reply is an answer; an error where it has a code.
type reply struct {
	status        int
	code, message string
	head          map[string]string
	body          string
}

func fail(status int, code, message string) reply {
	return reply{status: status, code: code, message: message}
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in, err := readCall(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out, ok := c.answer(in)
	if !ok {
		<-r.Context().Done() // until the client has had enough
		return
	}
	for name, value := range out.head {
		w.Header().Set(name, value)
	}
	w.WriteHeader(max(out.status, http.StatusOK))
	if r.Method != http.MethodHead {
		_, _ = io.WriteString(w, out.text(in))
	}
}

// answer is not ok when there is to be none.
func (c *cloud) answer(in call) (_ reply, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, in.op)
	if c.silent[in.op] {
		return reply{}, false
	}
	if c.expired {
		return fail(http.StatusForbidden, "ExpiredToken", "The security token included in the request is expired"), true
	}
	c.expired = in.op == c.lastsUntil
	if odd, ok := c.odd[in.op]; ok {
		return odd, true
	}
	play, ok := c.plays()[in.op]
	if !ok {
		return fail(http.StatusNotImplemented, "NotPlayed", in.op+" is not played here"), true
	}
	return play(in), true
}

func (c *cloud) plays() map[string]func(call) reply {
	plays := map[string]func(call) reply{}
	c.playSTS(plays)
	c.playS3(plays)
	c.playCloudFormation(plays)
	return plays
}

func (r reply) text(in call) string {
	switch {
	case r.code == "":
		return r.body
	case in.isQuery:
		return fmt.Sprintf("<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>",
			r.code, html.EscapeString(r.message))
	}
	return fmt.Sprintf("<Error><Code>%s</Code><Message>%s</Message></Error>", r.code, html.EscapeString(r.message))
}

// result is a good answer of the query protocol.
func result(op, inner string) reply {
	return reply{body: fmt.Sprintf("<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>", op, inner)}
}

func readCall(r *http.Request) (call, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return call{}, err
	}
	if form, err := url.ParseQuery(string(body)); r.URL.Path == "/" && err == nil && form.Has("Action") {
		return call{op: form.Get("Action"), form: form, isQuery: true}, nil
	}
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	in := call{form: r.URL.Query(), head: r.Header, key: key, body: body}
	in.op = operation(r.Method, in)
	return in, nil
}

// was says whether the operation was asked for since the scenario last changed.
func (c *cloud) was(op string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.asked[c.since:], op)
}

// operations returns what was asked for, in order, and of that only the writes if so wished.
func (c *cloud) operations(writes bool) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.asked), func(op string) bool {
		reads := slices.ContainsFunc([]string{"Get", "List", "Head", "Describe"},
			func(prefix string) bool { return strings.HasPrefix(op, prefix) })
		return writes && (reads || op == "AssumeRole")
	})
}

func (c *cloud) playSTS(plays map[string]func(call) reply) {
	plays["GetCallerIdentity"] = func(call) reply {
		return result("GetCallerIdentity", "<Account>"+accountID+"</Account><Arn>"+caller+"</Arn><UserId>AIDA</UserId>")
	}
	plays["AssumeRole"] = func(in call) reply {
		if in.form.Get("TokenCode") != "123456" {
			return fail(http.StatusForbidden, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA code.")
		}
		return result("AssumeRole", "<Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"+
			"<SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>")
	}
}
