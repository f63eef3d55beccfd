package iam

import (
	"encoding/json"
	"strings"
)

// once tells whether no object of a text has a member twice: encoding/json takes the last one. The text is JSON.
func once(text string) bool { return onceIn(json.NewDecoder(strings.NewReader(text))) }

// onceIn reads one value.
func onceIn(d *json.Decoder) bool {
	token, err := d.Token()
	if err != nil {
		return false
	}
	opens, isDelim := token.(json.Delim)
	if !isDelim {
		return true
	}
	seen := map[any]bool{}
	for d.More() {
		if opens == '{' {
			name, err := d.Token()
			if err != nil || seen[name] {
				return false
			}
			seen[name] = true
		}
		if !onceIn(d) {
			return false
		}
	}
	_, err = d.Token() // what closes it
	return err == nil
}
