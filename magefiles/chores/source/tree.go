// Package source makes what the chores run: copies of the source tree, changed ones among them, the functions'
// archives, and plldb itself.
package source

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Root is the source tree that mage runs in.
func Root() (string, error) { return os.Getwd() }

// Copy copies a source tree into a folder that is not there yet, without what is made from it (dist) and what stands
// beside it (.git).
func Copy(ctx context.Context, from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		inside, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir() && inside != "." && (inside == "dist" || strings.HasPrefix(entry.Name(), ".")):
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, inside), 0o755)
		case !entry.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, inside), text, 0o644)
	})
}

// Change changes one function of a tree, so that its code does something else for every mark, and no other function.
func Change(tree, function, mark string) error {
	path := filepath.Join(tree, "functions", function, "main.go")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	unchanged, _, _ := strings.Cut(string(text), changed)
	return os.WriteFile(path, []byte(unchanged+changed+fmt.Sprintf("func init() { println(%q) }\n", mark)), 0o644)
}

// changed stands before what Change adds.
const changed = "\n// Changed for a trial.\n"

// Grow adds n functions to a tree. Each is the given function under another name, and stands in the template as that
// one does, with a log group of its own.
func Grow(tree, function string, n int) error {
	program, err := os.ReadFile(filepath.Join(tree, "functions", function, "main.go"))
	if err != nil {
		return err
	}
	var names []string
	for i := range n {
		name := fmt.Sprintf("sample_%03d", i)
		dir := filepath.Join(tree, "functions", name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "main.go"), program, 0o644); err != nil {
			return err
		}
		names = append(names, name)
	}
	return growTemplate(filepath.Join(tree, "cloudformation", "template.yaml"), function, names)
}

func growTemplate(path, function string, names []string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	grown, err := Template(string(text), function, names)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(grown), 0o644)
}

// throttle is a limit of the template's stage.
var throttle = regexp.MustCompile(`(Throttling(?:Rate|Burst)Limit:) \d+`)

// Unthrottle raises the limits of a tree's WebSocket API so far that nobody meets them.
func Unthrottle(tree string) error {
	path := filepath.Join(tree, "cloudformation", "template.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if found := throttle.FindAll(text, -1); len(found) != 2 {
		return fmt.Errorf("the template has %d throttling limits, not a rate and a burst", len(found))
	}
	return os.WriteFile(path, throttle.ReplaceAll(text, []byte("$1 1000000")), 0o644)
}

// Template returns the template with a copy of one function's resource, and of its log group if it has one, for each of
// the names.
func Template(text, function string, names []string) (string, error) {
	lines := strings.SplitAfter(text, "\n")
	first, after := resource(lines, "${plldb:functions."+function+".key}")
	if after == 0 {
		return "", fmt.Errorf("the template has no resource for the function %s", function)
	}

	logicalID := strings.TrimSuffix(strings.TrimSpace(lines[first]), ":")
	block := strings.Join(lines[first:after], "")
	group, groupID := logGroup(lines, block)
	var copies strings.Builder
	for _, name := range names {
		id := strings.ReplaceAll(name, "_", "")
		one := strings.Replace(block, logicalID+":", id+"Function:", 1)
		if groupID != "" {
			copies.WriteString("\n" + strings.Replace(group, groupID+":", id+"LogGroup:", 1))
			one = strings.Replace(one, "!Ref "+groupID, "!Ref "+id+"LogGroup", 1)
		}
		copies.WriteString("\n" + strings.ReplaceAll(one, "functions."+function+".", "functions."+name+"."))
	}
	return strings.Join(lines[:after], "") + copies.String() + strings.Join(lines[after:], ""), nil
}

// logGroup is the resource of a function's log group, and its logical id; both are "" for a function that names none.
func logGroup(lines []string, function string) (block, logicalID string) {
	_, rest, named := strings.Cut(function, "LogGroup: !Ref ")
	if !named {
		return "", ""
	}
	logicalID, _, _ = strings.Cut(rest, "\n")
	first, after := resource(lines, "  "+logicalID+":\n")
	return strings.Join(lines[first:after], ""), logicalID
}

// resource finds the lines of the resource that has the text in it: from its logical id, two spaces deep, to the next
// line that is no deeper.
func resource(lines []string, has string) (first, after int) {
	for i, line := range lines {
		deep := strings.HasPrefix(line, "    ")
		switch {
		case !deep && after > 0:
			return first, after
		case strings.HasPrefix(line, "  ") && !deep && !strings.HasPrefix(line, "  #"):
			first = i
		}
		if strings.Contains(line, has) || after > 0 {
			after = i + 1
		}
	}
	return first, after
}
