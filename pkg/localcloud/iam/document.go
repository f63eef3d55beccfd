package iam

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// document is the text of a policy, as it was sent.
type document string

// size is the number of characters that IAM counts: white space is none.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
func (d document) size() int {
	n := 0
	for _, r := range string(d) {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// value is the document as JSON.
func (d document) value() any {
	var v any
	_ = json.Unmarshal([]byte(d), &v) // it was checked when it was written
	return v
}

// textOf is a document of a template as text: a template may hold one as JSON or as a string.
func textOf(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	if value == nil {
		return ""
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(value) // JSON came in, JSON goes out
	return strings.TrimSpace(b.String())
}

// policy is a document that has been read.
type policy struct{ statements []statement }

// statement is one of a policy's, by its elements.
type statement map[string]any

// versions are the versions of the policy language. A document without one is of the older.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
func versions() []string { return []string{"2012-10-17", "2008-10-17"} }

// elements are what a statement may have.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
func elements() []string {
	return []string{
		"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
	}
}

var sidPattern = regexp.MustCompile(`^[0-9A-Za-z]*$`)

// parse reads a document as far as the grammar goes that all policies share. The words for white space and for Sids are
// quoted widely; that an element which stands twice is a syntax error is unverified.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
func parse(text string) (policy, error) {
	if strings.TrimLeftFunc(text, unicode.IsSpace) != text {
		return policy{}, malformed("JSON strings must not have leading spaces")
	}
	p, ok := read(text)
	if !ok || !once(text) {
		return policy{}, malformed("Syntax errors in policy.")
	}
	for _, s := range p.statements {
		if sid, _ := s["Sid"].(string); !sidPattern.MatchString(sid) {
			return policy{}, malformed("Statement IDs (SID) must be alpha-numeric. " +
				"Check that your input satisfies the regular expression [0-9A-Za-z]*")
		}
		if err := s.checkConditions(); err != nil {
			return policy{}, err
		}
	}
	return p, nil
}

// read reads a document; ok is false where its form is broken.
func read(text string) (p policy, ok bool) {
	var top map[string]any
	if json.Unmarshal([]byte(text), &top) != nil {
		return policy{}, false
	}
	for name, value := range top {
		text, isText := value.(string)
		switch {
		case name == "Statement":
		case name == "Id" && isText:
		case name == "Version" && slices.Contains(versions(), text):
		default:
			return policy{}, false
		}
	}
	list, isList := top["Statement"].([]any)
	if !isList {
		list = []any{top["Statement"]}
	}
	for _, one := range list {
		s, isObject := one.(map[string]any)
		if !isObject || !statement(s).sound() {
			return policy{}, false
		}
		p.statements = append(p.statements, s)
	}
	return p, len(p.statements) > 0
}

// sound tells whether a statement has only what it may have, once, and each of its kind.
func (s statement) sound() bool {
	for name, value := range s {
		switch name {
		case "Sid":
			if _, ok := value.(string); !ok {
				return false
			}
		case "Action", "NotAction", "Resource", "NotResource":
			if _, ok := texts(value); !ok {
				return false
			}
		case "Condition":
			if !conditions(value) {
				return false
			}
		default:
			if !slices.Contains(elements(), name) {
				return false
			}
		}
	}
	effect, given := s["Effect"]
	allowed := effect == "Allow" || effect == "Deny"
	return (allowed || !given) && !s.both("Action") && !s.both("Resource") && !s.both("Principal")
}

func (s statement) has(name string) bool {
	_, ok := s[name]
	return ok
}

func (s statement) both(name string) bool { return s.has(name) && s.has("Not"+name) }

// texts are the strings of an element that holds one or several.
func texts(value any) (list []string, ok bool) {
	if text, is := value.(string); is {
		return []string{text}, true
	}
	items, is := value.([]any)
	for _, item := range items {
		text, isText := item.(string)
		if !isText {
			return nil, false
		}
		list = append(list, text)
	}
	return list, is
}

// unique tells whether no two statements have one Sid.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html
func (p policy) unique() bool {
	seen := map[string]bool{}
	for _, s := range p.statements {
		sid, _ := s["Sid"].(string)
		if sid != "" && seen[sid] {
			return false
		}
		seen[sid] = true
	}
	return true
}
