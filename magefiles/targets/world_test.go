package targets_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

const stackID = "arn:aws:cloudformation:eu-west-1:123456789012:stack/plldb/1"

// world is an account at the other end of HTTP, without a bucket, in which every write succeeds at once and is
// forgotten, but for what the run itself reads back: checksums, and the stack that it made.
type world struct {
	mu       sync.Mutex
	asked    []string // operations in order, with the parameters that say how
	denied   string   // the operation that nobody may call
	status   string   // of the stack, "" where there is none
	tags     string   // XML
	version  string   // of the plldb that made the stack
	template string
	sums     map[string]string // by URL
}

func (w *world) serve(t *testing.T) string {
	t.Helper()
	w.sums = map[string]string{}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	return server.URL
}

func (w *world) did(op string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Contains(w.asked, op)
}

func (w *world) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	form, err := url.ParseQuery(string(body))
	op, answer := form.Get("Action"), w.query
	if err != nil || op == "" {
		op, answer = objectOperation(r), w.object(r, body, out)
	}
	w.asked = append(w.asked, op+how(form))
	if op == w.denied {
		out.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(out, failure(form, "AccessDenied", "no"))
		return
	}
	status, text := answer(op, form)
	out.WriteHeader(status)
	_, _ = io.WriteString(out, text)
}

// how is what makes one call different from another of the same name.
func how(form url.Values) string {
	for _, name := range []string{"DeletionMode", "ForceRollback"} {
		if value := form.Get(name); value != "" {
			return " " + name + "=" + value
		}
	}
	return ""
}

func failure(form url.Values, code, message string) string {
	text := "<Error><Code>" + code + "</Code><Message>" + message + "</Message></Error>"
	if form.Has("Action") {
		text = "<ErrorResponse>" + text + "</ErrorResponse>"
	}
	return text
}

// objectOperation names what a test looks for; the bucket's settings are one.
func objectOperation(r *http.Request) string {
	switch {
	case r.Method != http.MethodPut:
		return "S3 read"
	case strings.HasSuffix(r.URL.Path, ".zip"):
		return "PutObject archive"
	case strings.HasSuffix(r.URL.Path, ".yaml"):
		return "PutObject template"
	}
	return "S3 write"
}

func (w *world) object(r *http.Request, body []byte, out http.ResponseWriter) func(string, url.Values) (int, string) {
	return func(string, url.Values) (int, string) {
		switch r.Method {
		case http.MethodPut:
			sum := sha256.Sum256(body)
			w.sums[r.URL.Path] = base64.StdEncoding.EncodeToString(sum[:])
			out.Header().Set("x-amz-version-id", "v1")
			return http.StatusOK, ""
		case http.MethodHead:
			out.Header().Set("x-amz-checksum-sha256", w.sums[r.URL.Path])
			if w.sums[r.URL.Path] != "" {
				return http.StatusOK, ""
			}
		}
		return http.StatusNotFound, failure(nil, "NoSuchBucket", "The specified bucket does not exist")
	}
}

func (w *world) query(op string, form url.Values) (int, string) {
	if strings.HasSuffix(op, "CallerIdentity") {
		return result(op, "<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/ann</Arn>")
	}
	absent := w.status == "" || w.status == "DELETE_COMPLETE" && form.Get("StackName") == "plldb" // trap 19
	if absent && op != "CreateChangeSet" {
		return http.StatusBadRequest, failure(form, "ValidationError", "Stack with id plldb does not exist")
	}
	switch op {
	case "DescribeStacks":
		return result(op, fmt.Sprintf("<Stacks><member><StackName>plldb</StackName><StackId>%s</StackId>"+
			"<StackStatus>%s</StackStatus><Tags>%s</Tags><Outputs><member><OutputKey>Version</OutputKey>"+
			"<OutputValue>%s</OutputValue></member></Outputs>"+
			"</member></Stacks>", stackID, w.status, w.tags, w.version))
	case "GetTemplate":
		return result(op, "<TemplateBody>"+html.EscapeString(w.template)+"</TemplateBody>")
	case "DescribeStackEvents":
		return result(op, fmt.Sprintf("<StackEvents><member><EventId>%[2]s</EventId><StackId>%[1]s</StackId>"+
			"<LogicalResourceId>plldb</LogicalResourceId><PhysicalResourceId>%[1]s</PhysicalResourceId>"+
			"<ResourceType>AWS::CloudFormation::Stack</ResourceType><ResourceStatus>%[2]s</ResourceStatus>"+
			"<Timestamp>2026-01-02T03:04:05Z</Timestamp></member></StackEvents>", stackID, w.status))
	case "CreateChangeSet":
		w.status, w.tags = "REVIEW_IN_PROGRESS", ours
	case "ExecuteChangeSet":
		w.status = "CREATE_COMPLETE"
	case "DeleteStack":
		w.status = "DELETE_COMPLETE"
	}
	return result(op, "<Id>arn:change-set</Id><StackId>"+stackID+"</StackId><Status>CREATE_COMPLETE</Status>")
}

const ours = "<member><Key>plldb:stack</Key><Value>bootstrap</Value></member>"

func result(op, inner string) (int, string) {
	return http.StatusOK, fmt.Sprintf("<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>", op, inner)
}
