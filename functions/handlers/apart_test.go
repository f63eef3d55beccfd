package handlers_test

import (
	"os/exec"
	"strings"
	"testing"
)

// A binary holds a hash of every package in it: functions that shared one of this module's would all change with it, and all
// be deployed.
func TestFunctionsShareNothingOfThisModule(t *testing.T) {
	const module = "github.com/plldb/plldb/"
	user := map[string]string{}
	for _, name := range []string{"authorize", "connect", "default", "disconnect"} {
		cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", module+"functions/ws_api_"+name+"_handler")
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		for path := range strings.FieldsSeq(string(out)) {
			if !strings.HasPrefix(path, module) {
				continue
			}
			if other, taken := user[path]; taken {
				t.Errorf("%s and %s both hold %s", other, name, path)
			}
			user[path] = name
		}
	}
	if len(user) < 8 {
		t.Errorf("found only %v", user)
	}
}
