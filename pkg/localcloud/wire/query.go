package wire

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
)

// Query is a service that speaks the query protocol (STS, IAM, CloudFormation): a form in, XML out.
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
type Query struct {
	Version    string // the API's: "2010-05-15"
	Namespace  string // of the answers
	Operations map[string]QueryOperation
}

// QueryOperation is one operation of a Query service.
type QueryOperation struct {
	// Params are the top-level names that the operation knows: "StackName", "Capabilities". Any other is refused.
	Params []string
	// Do answers with what stands inside <OperationResult>: a value that encoding/xml writes, or nil.
	Do func(ctx context.Context, c *Call, in Form) (any, error)
}

// Operation is what the form names as its Action.
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
func (q *Query) Operation(c *Call) (string, error) {
	form, err := ParseForm(q.text(c))
	if err != nil {
		return "", err
	}
	c.form = form
	name := form.Get("Action")
	switch version := form.Get("Version"); {
	case name == "":
		return "", Errorf(http.StatusBadRequest, "MissingAction", "The request is missing an action")
	case version != q.Version:
		return name, Errorf(http.StatusBadRequest, "NoSuchVersion", "the version %q is not %s", version, q.Version)
	}
	if _, ok := q.Operations[name]; !ok {
		return name, Errorf(http.StatusBadRequest, "InvalidAction",
			"Could not find operation %s for version %s (plldb's local cloud models a part of AWS)", name, q.Version)
	}
	if c.AccessKey == "" {
		return name, Errorf(http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token")
	}
	return name, nil
}

// text is the form: the body of a POST, the query of a GET (a presigned GetCallerIdentity).
func (q *Query) text(c *Call) string {
	if c.Method == http.MethodGet {
		return c.URL.RawQuery
	}
	return string(c.Body)
}

// Serve calls the operation that Operation found.
func (q *Query) Serve(ctx context.Context, w http.ResponseWriter, c *Call) error {
	op := q.Operations[c.Operation]
	if name := c.form.stranger(op.Params); name != "" {
		return Unmodelled("ValidationError", "the parameter %s of %s", name, c.Operation)
	}
	result, err := op.Do(ctx, c, c.form)
	if err != nil {
		return err
	}
	text, err := q.answer(c, result)
	if err != nil {
		return fmt.Errorf("writing the answer of %s: %w", c.Operation, err)
	}
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("x-amzn-RequestId", c.ID)
	_, _ = w.Write(text) // the client gets it, or is gone
	return nil
}

func (q *Query) answer(c *Call, result any) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<%sResponse xmlns="%s">`, c.Operation, q.Namespace)
	if result != nil {
		e := xml.NewEncoder(&b)
		start := xml.StartElement{Name: xml.Name{Local: c.Operation + "Result"}}
		if err := e.EncodeElement(result, start); err != nil {
			return nil, err
		}
	}
	fmt.Fprintf(&b, `<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>`, c.ID, c.Operation)
	return b.Bytes(), nil
}

// Refuse writes the error.
func (q *Query) Refuse(w http.ResponseWriter, c *Call, e *Error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<ErrorResponse xmlns="%s"><Error><Type>%s</Type><Code>%s</Code><Message>%s</Message></Error>`+
		`<RequestId>%s</RequestId></ErrorResponse>`, q.Namespace, e.fault(), Escape(e.Code), Escape(e.Message), c.ID)
	e.writeHeader(w)
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("x-amzn-RequestId", c.ID)
	w.WriteHeader(e.Status)
	_, _ = w.Write(b.Bytes()) // the client is told, or is gone
}

// Escape makes a text safe to stand in XML. What XML 1.0 cannot hold at all (control characters, bytes that are no
// UTF-8) becomes U+FFFD.
func Escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a Buffer takes everything
	return b.String()
}
