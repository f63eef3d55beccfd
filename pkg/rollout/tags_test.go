package rollout_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/plldb/plldb/cloudformation"
	"github.com/plldb/plldb/pkg/rollout"
	"github.com/plldb/plldb/pkg/stack"
)

func TestTags(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 128)
	got, err := rollout.Tags([]string{"team=debug", "cost centre=a=b/c@d", long + "=" + long + long, "AWSome=x", "plldbs=x"})
	mustDo(t, err)
	want := map[string]string{"team": "debug", "cost centre": "a=b/c@d", long: long + long, "AWSome": "x", "plldbs": "x"}
	if !maps.Equal(got, want) {
		t.Errorf("tags %v", got)
	}
	if got, err := rollout.Tags(nil); err != nil || len(got) > 0 {
		t.Errorf("no tags are %v, %v", got, err)
	}
}

func TestTagsThatAWSDoesNotTake(t *testing.T) {
	t.Parallel()
	for pair, says := range map[string]string{
		"team":                          "KEY=VALUE",
		"":                              "KEY=VALUE",
		"=debug":                        "no key",
		"team=":                         "no value",
		"plldb:stack=x":                 "plldb's own",
		"plldb:debug=true":              "plldb's own",
		"PLLDB:Debug=true":              "plldb's own",
		"aws:team=x":                    "AWS's own",
		"Aws:=x":                        "AWS's own",
		strings.Repeat("k", 129) + "=x": "longer than 128",
		"k=" + strings.Repeat("v", 257): "longer than 256",
		"te,am=x":                       `has the character ','`,
		"team=a\nb":                     `has the character '\n'`,
		"team=\xff":                     "no UTF-8",
	} {
		if _, err := rollout.Tags([]string{"fine=x", pair}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", pair, err, says)
		}
	}
	var many []string
	for i := range 49 {
		many = append(many, fmt.Sprintf("k%d=v", i))
	}
	_, err := rollout.Tags(many)
	mustDo(t, err)
	if _, err := rollout.Tags(append(many, "one=more")); err == nil || !strings.Contains(err.Error(), "50 tags are more") {
		t.Errorf("50 tags: %v", err)
	}
	if _, err := rollout.Tags([]string{"a=b", "a=b"}); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("a tag given twice: %v", err)
	}
	_, err = rollout.Tags([]string{"Team=a", "team=b"})
	if err == nil || !strings.Contains(err.Error(), `"Team" and "team"`) {
		t.Errorf("two tags that are one to IAM: %v", err)
	}
}

// AWS's own tags on a stack take no place, and those of a stack that is deleted first are gone with it.
func TestTagsThatGoWithTheStacks(t *testing.T) {
	t.Parallel()
	asked := map[string]string{"team": "debug"}
	for name, change := range map[string]func(*stack.Seen){
		"AWS's own": func(s *stack.Seen) {
			for i := range 48 {
				s.Tags[fmt.Sprintf("k%d", i)] = "v"
			}
			s.Tags["aws:cloudformation:stack-name"] = "plldb"
		},
		"of a stack that is deleted first": func(s *stack.Seen) {
			s.Tags["Team"] = "debug"
			s.Status = "ROLLBACK_COMPLETE"
		},
	} {
		seen := settled(t)
		change(&seen.Stack)
		plan, err := rollout.MakePlan(seen, packed(), all(packed()), cloudformation.Template(), rollout.Settings{Tags: asked})
		if mustDo(t, err); plan.Stack.Problem != nil {
			t.Errorf("%s: %v", name, plan.Stack.Problem)
		}
	}
}
