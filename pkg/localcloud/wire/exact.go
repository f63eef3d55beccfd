package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// errUnknown is the error of a member that a type has not.
type errUnknown struct{ name string }

func (e *errUnknown) Error() string { return "unknown member " + e.name }

// decode reads one JSON value into v, strictly: encoding/json takes "tablename" for TableName, and the last of two
// members of one name.
func decode(text []byte, v any) error {
	if err := json.Unmarshal(text, v); err != nil {
		return err
	}
	return exact(json.NewDecoder(bytes.NewReader(text)), reflect.TypeOf(v).Elem(), "")
}

// exact sees that the members of the next value, and of those within it, are members of the type, each once. t is nil
// where any member may stand.
func exact(d *json.Decoder, t reflect.Type, path string) error {
	if t = plain(t); t == nil {
		path = ""
	}
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		return object(d, t, path)
	case json.Delim('['):
		return array(d, t, path)
	}
	return nil
}

// plain is the type of which the members are known: nil where the type reads its JSON itself or takes any.
func plain(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer && !readsItself(t) {
		t = t.Elem()
	}
	if t == nil || readsItself(t) || t.Kind() == reflect.Interface {
		return nil
	}
	return t
}

func readsItself(t reflect.Type) bool {
	reads := reflect.TypeFor[json.Unmarshaler]()
	return t.Implements(reads) || reflect.PointerTo(t).Implements(reads)
}

func object(d *json.Decoder, t reflect.Type, path string) error {
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string) // an object's keys are strings
		if seen[name] {
			return fmt.Errorf("the member %s stands twice", path+name)
		}
		seen[name] = true
		member, ok := memberOf(t, name)
		if !ok {
			return &errUnknown{path + name}
		}
		if err := exact(d, member, path+name+"."); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

func array(d *json.Decoder, t reflect.Type, path string) error {
	var item reflect.Type
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
		item = t.Elem()
	}
	for d.More() {
		if err := exact(d, item, path); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// memberOf is the type of a member, nil where it may be anything.
func memberOf(t reflect.Type, name string) (reflect.Type, bool) {
	switch {
	case t == nil:
		return nil, true
	case t.Kind() == reflect.Map:
		return t.Elem(), true
	case t.Kind() != reflect.Struct:
		return nil, true
	}
	for _, field := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if tag == "" {
			tag = field.Name
		}
		if field.IsExported() && tag == name && !(field.Anonymous && field.Tag.Get("json") == "") {
			return field.Type, tag != "-"
		}
	}
	return nil, false
}
