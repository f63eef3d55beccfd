package wire

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Form is the input of a query operation. Lists are "Name.member.1", maps and structures "Name.Field".
type Form struct{ values url.Values }

// ParseForm reads a form, as a query operation is sent one. A form is refused where a part of it would be passed over:
// a name that stands twice, a list with a gap. What AWS answers to those is unverified.
func ParseForm(text string) (Form, error) {
	values, err := url.ParseQuery(text)
	if err != nil {
		return Form{}, Errorf(http.StatusNotFound, "MalformedQueryString", "The query string contains a syntax error.")
	}
	items := map[string]bool{}
	for name, all := range values {
		if len(all) > 1 {
			return Form{}, malformed("%s is given twice", name)
		}
		if !mark(items, name) {
			return Form{}, malformed("%s is no name of a parameter", name)
		}
	}
	for item := range items {
		if before := predecessor(item); before != "" && !items[before] {
			return Form{}, malformed("%s is given without %s", item, before)
		}
	}
	return Form{values}, nil
}

func malformed(format string, args ...any) *Error {
	return Errorf(http.StatusBadRequest, "MalformedInput", format, args...)
}

const member = ".member."

// deepest is how many lists may stand within one another; AWS's own input has three.
const deepest = 8

// mark notes the items of lists that a name leads through: A.member.2 and A.member.2.B.member.1 of
// A.member.2.B.member.1.C. It tells whether they can be understood.
func mark(items map[string]bool, name string) bool {
	for at, depth := 0, 0; ; depth++ {
		next := strings.Index(name[at:], member)
		if next < 0 {
			return true
		}
		at += next + len(member)
		number, _, _ := strings.Cut(name[at:], ".")
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || strconv.Itoa(n) != number || depth == deepest {
			return false
		}
		at += len(number)
		items[name[:at]] = true
	}
}

// predecessor is the item before another, "" before the first.
func predecessor(item string) string {
	dot := strings.LastIndexByte(item, '.') + 1
	if n, _ := strconv.Atoi(item[dot:]); n > 1 {
		return item[:dot] + strconv.Itoa(n-1)
	}
	return ""
}

// stranger is the first name that an operation does not know.
func (f Form) stranger(known []string) string {
	for _, name := range slices.Sorted(maps.Keys(f.values)) {
		top, _, _ := strings.Cut(name, ".")
		if top != "Action" && top != "Version" && !strings.HasPrefix(top, "X-Amz-") && !slices.Contains(known, top) {
			return top
		}
	}
	return ""
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
	return false, malformed("%s is true or false, not %q", name, f.Get(name))
}

// Int reads a number; a parameter that was not sent is the default.
func (f Form) Int(name string, otherwise int) (int, error) {
	if !f.Has(name) {
		return otherwise, nil
	}
	n, err := strconv.Atoi(f.Get(name))
	if err != nil {
		return 0, malformed("%s is a number, not %q", name, f.Get(name))
	}
	return n, nil
}

// List is the values of a list parameter, in order.
func (f Form) List(name string) []string {
	var list []string
	for i := 1; ; i++ {
		item := name + member + strconv.Itoa(i)
		if !f.Has(item) {
			return list
		}
		list = append(list, f.Get(item))
	}
}

// Structs are the structures of a list parameter, in order: each a form of its own.
func (f Form) Structs(name string) []Form {
	items := map[string]url.Values{}
	for field, values := range f.values {
		rest, ok := strings.CutPrefix(field, name+member)
		number, inner, structured := strings.Cut(rest, ".")
		if !ok || !structured {
			continue
		}
		if items[number] == nil {
			items[number] = url.Values{}
		}
		items[number][inner] = values
	}
	var list []Form
	for i := 1; items[strconv.Itoa(i)] != nil; i++ {
		list = append(list, Form{items[strconv.Itoa(i)]})
	}
	return list
}
