package wire

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
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
func (q *Query) Operation(c *Call) (string, error) {
	form, err := url.ParseQuery(q.text(c))
	if err != nil {
		return "", Errorf(http.StatusBadRequest, "MalformedQueryString", "the query cannot be read")
	}
	name := form.Get("Action")
	if version := form.Get("Version"); version != q.Version {
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

// text is the form: the body of a POST, the query of a GET.
func (q *Query) text(c *Call) string {
	if c.Method == http.MethodGet {
		return c.URL.RawQuery
	}
	return string(c.Body)
}

// Serve calls the operation.
func (q *Query) Serve(ctx context.Context, w http.ResponseWriter, c *Call) error {
	values, err := url.ParseQuery(q.text(c))
	if err != nil {
		return err
	}
	op := q.Operations[c.Operation]
	form := Form{values: values}
	if name := form.stranger(op.Params); name != "" {
		return Unmodelled("ValidationError", "the parameter %s of %s", name, c.Operation)
	}
	result, err := op.Do(ctx, c, form)
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
		`<RequestId>%s</RequestId></ErrorResponse>`, q.Namespace, e.fault(), e.Code, Escape(e.Message), c.ID)
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("x-amzn-RequestId", c.ID)
	w.WriteHeader(e.Status)
	_, _ = w.Write(b.Bytes()) // the client is told, or is gone
}

// Escape makes a text safe to stand in XML.
func Escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a Buffer takes everything
	return b.String()
}

// Form is the input of a query operation. Lists are "Name.member.1", maps and structures "Name.Field".
type Form struct{ values url.Values }

// ParseForm reads a form, as a query operation is sent one.
func ParseForm(text string) (Form, error) {
	values, err := url.ParseQuery(text)
	return Form{values}, err
}

func (f Form) stranger(known []string) string {
	for _, name := range f.names() {
		top, _, _ := strings.Cut(name, ".")
		if top != "Action" && top != "Version" && !strings.HasPrefix(top, "X-Amz-") && !slices.Contains(known, top) {
			return top
		}
	}
	return ""
}

func (f Form) names() []string {
	var names []string
	for name := range f.values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Get is the value of a parameter, "" where there is none.
func (f Form) Get(name string) string { return f.values.Get(name) }

// Has tells whether a parameter was sent.
func (f Form) Has(name string) bool { return f.values.Has(name) }

// Bool reads true or false; a parameter that was not sent is false.
func (f Form) Bool(name string) (bool, error) {
	switch f.Get(name) {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, Errorf(http.StatusBadRequest, "MalformedInput", "%s is true or false, not %q", name, f.Get(name))
}

// Int reads a number; a parameter that was not sent is the default.
func (f Form) Int(name string, otherwise int) (int, error) {
	if !f.Has(name) {
		return otherwise, nil
	}
	n, err := strconv.Atoi(f.Get(name))
	if err != nil {
		return 0, Errorf(http.StatusBadRequest, "MalformedInput", "%s is a number, not %q", name, f.Get(name))
	}
	return n, nil
}

// List is the values of a list parameter, in order.
func (f Form) List(name string) []string {
	var list []string
	for i := 1; f.Has(fmt.Sprintf("%s.member.%d", name, i)); i++ {
		list = append(list, f.Get(fmt.Sprintf("%s.member.%d", name, i)))
	}
	return list
}

// Structs are the structures of a list parameter, in order: each a form of its own.
func (f Form) Structs(name string) []Form {
	var list []Form
	for i := 1; ; i++ {
		prefix, one := fmt.Sprintf("%s.member.%d.", name, i), url.Values{}
		for field, values := range f.values {
			if rest, ok := strings.CutPrefix(field, prefix); ok {
				one[rest] = values
			}
		}
		if len(one) == 0 {
			return list
		}
		list = append(list, Form{one})
	}
}
