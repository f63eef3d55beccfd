package resource

import (
	"crypto/rand"
	"strings"
)

// Text is a string property, "" where it is not set.
func Text(properties map[string]any, name string) string {
	s, _ := properties[name].(string)
	return s
}

// Whole is an integer property, or the default.
func Whole(properties map[string]any, name string, otherwise int) int {
	if n, ok := properties[name].(float64); ok {
		return int(n)
	}
	return otherwise
}

// Yes is a boolean property; one that is not set is false.
func Yes(properties map[string]any, name string) bool {
	b, _ := properties[name].(bool)
	return b
}

// Structs are the structures of a list property.
func Structs(properties map[string]any, name string) []map[string]any {
	list, _ := properties[name].([]any)
	var objects []map[string]any
	for _, item := range list {
		if o, ok := item.(map[string]any); ok {
			objects = append(objects, o)
		}
	}
	return objects
}

// Texts are the strings of a list property.
func Texts(properties map[string]any, name string) []string {
	list, _ := properties[name].([]any)
	var texts []string
	for _, item := range list {
		if s, ok := item.(string); ok {
			texts = append(texts, s)
		}
	}
	return texts
}

// PhysicalName is a name as CloudFormation makes one up: STACK-LOGICALID-RANDOM, of at most so many characters, which
// are 16 or more. What AWS shortens is unverified.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html
func PhysicalName(in Input, longest int) string {
	tail := Random(12)
	head := in.StackName + "-" + in.LogicalID
	if room := longest - len(tail) - 1; len(head) > room {
		head = strings.TrimRight(head[:room], "-")
	}
	return head + "-" + tail
}

// Random is n letters and digits as AWS makes ids of.
func Random(n int) string {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	b := make([]byte, n)
	_, _ = rand.Read(b) // it never fails
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b)
}
