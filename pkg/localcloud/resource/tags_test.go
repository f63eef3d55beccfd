package resource_test

import (
	"reflect"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/resource"
)

func TestRetag(t *testing.T) {
	list := func(more ...any) map[string]any {
		tags := []any{}
		for i := 0; i < len(more); i += 2 {
			tags = append(tags, map[string]any{"Key": more[i], "Value": more[i+1]})
		}
		return map[string]any{"Tags": tags}
	}
	stack := map[string]string{"team": "blue", "cost": "1", "aws:cloudformation:stack-name": "demo"}
	for _, c := range []struct {
		name   string
		had    map[string]string
		before []string
		in     resource.Input
		system bool
		tags   map[string]string
		from   []string
	}{
		{"none", nil, nil, resource.Input{}, true, map[string]string{}, nil},
		{
			"new", nil, nil,
			resource.Input{Tags: stack, Properties: list("team", "red", "a", "b")},
			false,
			map[string]string{"team": "red", "a": "b", "cost": "1"},
			[]string{"cost"},
		},
		{
			"new, with system tags, its own as a map", nil, nil,
			resource.Input{Tags: stack, Properties: map[string]any{"Tags": map[string]any{"team": "red"}}},
			true,
			map[string]string{"team": "red", "cost": "1", "aws:cloudformation:stack-name": "demo"},
			[]string{"aws:cloudformation:stack-name", "cost"},
		},
		{
			"changed",
			map[string]string{"hand": "made", "old": "1", "gone": "2", "kept": "3"},
			[]string{"old"},
			resource.Input{Tags: stack, Before: list("gone", "2", "kept", "3"), Properties: list("kept", "4")},
			false,
			map[string]string{"hand": "made", "kept": "4", "team": "blue", "cost": "1"},
			[]string{"cost", "team"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			tags, from := resource.Retag(c.had, c.before, c.in, c.system)
			if !reflect.DeepEqual(tags, c.tags) || !reflect.DeepEqual(from, c.from) {
				t.Errorf("got %v, of the stack %v", tags, from)
			}
		})
	}
	had := map[string]string{"a": "1"}
	resource.Retag(had, []string{"a"}, resource.Input{Properties: list("b", "2")}, true)
	if !reflect.DeepEqual(had, map[string]string{"a": "1"}) {
		t.Errorf("what it had was changed: %v", had)
	}
}

func TestPlaceOfAResource(t *testing.T) {
	in := resource.Input{Account: "111111111111", Region: "eu-west-1", Partition: "aws"}
	if got := in.Place().ARN("logs", "a"); got != "arn:aws:logs:eu-west-1:111111111111:a" {
		t.Error(got)
	}
}
