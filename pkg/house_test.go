package pkg_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/plldb/plldb/"

// room is a package of the module, with what it imports outside tests.
type room struct {
	ImportPath string
	Imports    []string
}

func rooms(t *testing.T) map[string][]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = ".."
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	house := map[string][]string{}
	for dec := json.NewDecoder(bytes.NewReader(text)); ; {
		var r room
		if err := dec.Decode(&r); errors.Is(err, io.EOF) {
			return house
		} else if err != nil {
			t.Fatal(err)
		}
		house[strings.TrimPrefix(r.ImportPath, module)] = r.Imports
	}
}

// floors are the storeys of the house, the ground last: a room may use what lies below it, never what stands beside it or
// above (docs/design.md). What is not listed here must be added with its floor.
var floors = [][]string{
	{"cmd/plldb"},
	{"magefiles/targets", "magefiles/chores"},
	{"pkg/localcloud"},
	{
		"pkg/localcloud/apigateway", "pkg/localcloud/cloudformation", "pkg/localcloud/dynamodb", "pkg/localcloud/iam",
		"pkg/localcloud/lambda", "pkg/localcloud/logs", "pkg/localcloud/s3", "pkg/localcloud/sts",
	},
	{"pkg/localcloud/servicetest"},
	{"pkg/localcloud/resource"},
	{"pkg/localcloud/execution", "pkg/localcloud/websocket"},
	{"pkg/localcloud/wire", "pkg/localcloud/store", "pkg/localcloud/clock", "pkg/localcloud/traffic"},
	{"pkg/rollout"},
	{"pkg/compile", "pkg/archive", "pkg/store", "pkg/render", "pkg/stack", "pkg/screen"},
	{"pkg/account", "pkg/need", "pkg/fakeaws", "cloudformation", "functions"},
	{"pkg/artifact", "pkg/report"},
}

func floorOf(room string) int {
	at, _ := place(room)
	return at
}

// wing is the folder that a room stands in, of those listed in floors.
func wing(room string) string {
	_, name := place(room)
	return name
}

// place is the floor and the wing of a room: the longest folder listed in floors that it lies in.
func place(room string) (int, string) {
	at, found := -1, ""
	for i, names := range floors {
		for _, name := range names {
			if (room == name || strings.HasPrefix(room, name+"/")) && len(name) > len(found) {
				at, found = i, name
			}
		}
	}
	if at < 0 {
		return -1, room
	}
	return at, found
}

func TestArrowsRunDownwards(t *testing.T) {
	for room, imports := range rooms(t) {
		if floorOf(room) < 0 && room != "pkg" { // where these tests stand
			t.Errorf("%s stands on no floor", room)
		}
		for _, path := range imports {
			below, ours := strings.CutPrefix(path, module)
			if ours && floorOf(below) <= floorOf(room) && wing(below) != wing(room) && !allowedBeside(room, below) {
				t.Errorf("%s imports %s, which does not lie below it", room, below)
			}
		}
	}
}

// allowedBeside are the arrows along a floor: maintainers' chores ask for the targets' packages, and account tells report's
// events.
func allowedBeside(room, below string) bool {
	return wing(room) == "magefiles/chores" && below == "magefiles/targets"
}

// Each of these is known to few rooms, so that it can be replaced there.
func TestOnlyAFewKnow(t *testing.T) {
	rules := []struct {
		path string
		may  []string
	}{
		{"github.com/magefile/mage/", []string{"magefiles/targets", "magefiles/chores", "pkg/need"}},
		{"github.com/aws/aws-sdk-go-v2", []string{"pkg/account", "pkg/store", "pkg/stack", "pkg/fakeaws"}},
		{"github.com/aws/smithy-go", []string{"pkg/account", "pkg/store", "pkg/stack", "pkg/fakeaws"}},
		{"github.com/aws/aws-lambda-go", []string{"functions"}},
		{"github.com/fatih/color", []string{"pkg/screen"}},
		{"github.com/spf13/cobra", []string{"cmd/plldb"}},
		{"github.com/rogpeppe/go-internal", []string{"pkg/rollout"}},
		{"github.com/gofrs/flock", []string{"pkg/localcloud"}},
		{"go.yaml.in/yaml/", []string{"pkg/render", "pkg/localcloud/cloudformation"}},
		{"go.etcd.io/bbolt", []string{"pkg/localcloud/store"}},
		{"github.com/coder/websocket", []string{"pkg/localcloud/websocket", "magefiles/chores"}},
		{"github.com/klauspost/compress", []string{"pkg/archive"}},
		{module + "pkg/fakeaws", nil},
		{module + "pkg/localcloud/servicetest", nil},
		{module + "pkg/rollout", []string{"magefiles/targets", "magefiles/chores", "cmd/plldb"}},
	}
	house := rooms(t)
	for _, rule := range rules {
		used := false
		for room, imports := range house {
			knows := slices.ContainsFunc(imports, func(path string) bool { return strings.HasPrefix(path+"/", rule.path) })
			used = used || knows
			if knows && !slices.Contains(rule.may, wing(room)) {
				t.Errorf("%s knows %s", room, rule.path)
			}
		}
		if !used && rule.may != nil {
			t.Errorf("nobody knows %s any more: the rule holds nothing", rule.path)
		}
	}
}

// The local cloud is a wing of its own: it knows nothing of plldb, and of plldb nobody knows it but the doors.
func TestTwoWings(t *testing.T) {
	const cloud = "pkg/localcloud"
	doors := []string{"magefiles/targets", "magefiles/chores", "cmd/plldb"}
	for room, imports := range rooms(t) {
		inside := room == cloud || strings.HasPrefix(room, cloud+"/")
		for _, path := range imports {
			other, ours := strings.CutPrefix(path, module)
			if there := other == cloud || strings.HasPrefix(other, cloud+"/"); ours && there != inside &&
				(inside || !slices.Contains(doors, wing(room))) {
				t.Errorf("%s imports %s: the wings do not know each other", room, path)
			}
		}
	}
}

// The values and the events are understood without anything but the standard library, and the screen without anything but
// the events.
func TestGroundRooms(t *testing.T) {
	house := rooms(t)
	for room, may := range map[string][]string{
		"pkg/artifact": nil,
		"pkg/report":   nil,
		"pkg/screen":   {module + "pkg/report", "github.com/fatih/color", "golang.org/x/term"},
	} {
		for _, path := range house[room] {
			if strings.Contains(path, ".") && !slices.Contains(may, path) {
				t.Errorf("%s imports %s", room, path)
			}
		}
	}
}

func TestFolderNames(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "git", "ls-files")
	cmd.Dir = ".."
	text, err := cmd.Output()
	if err != nil {
		t.Skip("not a git checkout")
	}
	for _, path := range strings.Fields(string(text)) {
		folders := strings.Split(path, "/")
		for _, folder := range folders[:len(folders)-1] {
			if slices.Contains([]string{"build", "dist", "out", "target", "util", "utils", "common", "helpers"}, folder) {
				t.Errorf("%s: a folder called %s says nothing of what is in it", path, folder)
			}
		}
	}
}
