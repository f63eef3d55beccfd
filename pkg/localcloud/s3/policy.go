package s3

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
)

// longestPolicy is S3's limit.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
const longestPolicy = 20 << 10

// policy is a bucket policy.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
type policy struct {
	Version   string
	ID        string `json:"Id"`
	Statement statements
}

type statement struct {
	Sid       string
	Effect    string
	Principal *principals
	Action    words
	Resource  words
	Condition map[string]map[string]words

	NotPrincipal, NotAction, NotResource json.RawMessage // valid in AWS, refused here
}

// statements is one, or a list of them.
type statements []statement

// UnmarshalJSON reads either form.
func (s *statements) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte("{")) {
		*s = make(statements, 1)
		return strictly(text, &(*s)[0])
	}
	var list []json.RawMessage
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	*s = make(statements, len(list))
	for i, one := range list {
		if err := strictly(one, &(*s)[i]); err != nil {
			return err
		}
	}
	return nil
}

// words is one word or a list. true and numbers count as the words that they are written with.
type words []string

// UnmarshalJSON reads either form.
func (w *words) UnmarshalJSON(text []byte) error {
	var list []any
	if !bytes.HasPrefix(text, []byte("[")) {
		text = fmt.Appendf(nil, "[%s]", text)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&list); err != nil {
		return err
	}
	*w = nil
	for _, value := range list {
		switch value := value.(type) {
		case string:
			*w = append(*w, value)
		case bool:
			*w = append(*w, strconv.FormatBool(value))
		case json.Number:
			*w = append(*w, value.String())
		default:
			return fmt.Errorf("%v is no word", value)
		}
	}
	return nil
}

// principals are who a statement is about, by kind: "AWS", "Service". The word "*" is AWS's "*".
type principals map[string]words

// UnmarshalJSON reads either form.
func (p *principals) UnmarshalJSON(text []byte) error {
	var word string
	if json.Unmarshal(text, &word) == nil {
		if word != "*" {
			return errPrincipal
		}
		*p = principals{"AWS": {"*"}}
		return nil
	}
	kinds := map[string]words{}
	if json.Unmarshal(text, &kinds) != nil || len(kinds) == 0 {
		return errPrincipal
	}
	*p = kinds
	return nil
}

//lint:ignore ST1005 these are AWS's words
var errPrincipal = errors.New("Invalid principal in policy")

// strictly reads a JSON object with no other elements than the value has. encoding/json would take "effect" for Effect.
func strictly(text []byte, into any) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return err
	}
	for name := range members {
		if !hasMember(reflect.TypeOf(into).Elem(), name) {
			return &unknownField{name}
		}
	}
	return json.Unmarshal(text, into)
}

func hasMember(t reflect.Type, name string) bool {
	for i := range t.NumField() {
		f := t.Field(i)
		if tag := f.Tag.Get("json"); tag == name || tag == "" && f.Name == name {
			return true
		}
	}
	return false
}

type unknownField struct{ name string }

func (e *unknownField) Error() string { return "Unknown field " + e.name }

// twice says whether an object within a valid JSON text has two members of one name, of which a reader would see one.
func twice(d *json.Decoder) bool {
	seen := map[json.Token]bool{}
	begin, err := d.Token()
	if delim, ok := begin.(json.Delim); err != nil || !ok || delim != '{' && delim != '[' {
		return false
	}
	for d.More() {
		if begin == json.Delim('{') {
			name, _ := d.Token() // the text is valid
			if seen[name] {
				return true
			}
			seen[name] = true
		}
		if twice(d) {
			return true
		}
	}
	_, _ = d.Token() // its end
	return false
}

// parsePolicy reads a policy. What is valid in AWS and not modelled is refused by check, not here.
func parsePolicy(text []byte) (policy, error) {
	var p policy
	err := strictly(text, &p)
	unknown, is := errors.AsType[*unknownField](err)
	switch {
	case errors.Is(err, errPrincipal):
		return p, malformedPolicy("%v", errPrincipal)
	case is:
		return p, malformedPolicy("%v", unknown)
	case err != nil || twice(json.NewDecoder(bytes.NewReader(text))):
		return p, malformedPolicy("Policies must be valid JSON and the first byte must be '{'")
	}
	return p, nil
}
