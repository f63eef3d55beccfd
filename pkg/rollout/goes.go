package rollout

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/render"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// foretell says what a destroy is about to take away, and what stays, as far as it was seen.
func (r *Run) foretell(seen Seen) {
	goes := r.deletes(seen.Stack)
	if !goes && !r.settings.Purge {
		return
	}
	if goes {
		r.sink.Tell(report.Notice{Text: "goes: the stack " + StackName + contents(seen.Stack) + r.but()})
	}
	packages := fmt.Sprintf("stays: the bucket %s, if it is there, with the packages of every version", seen.Bucket.Name)
	if r.settings.Purge {
		const all = "goes: every version of what plldb put into the bucket %s, and the bucket unless more is in it"
		packages = fmt.Sprintf(all, seen.Bucket.Name)
	}
	r.sink.Tell(report.Notice{Text: packages})
}

// but says what --force leaves out.
func (r *Run) but() string {
	if !r.settings.Consents.Force {
		return ""
	}
	return ", but for what cannot be deleted"
}

// contents names what is in a stack: its functions by number, its tables by name.
func contents(found stack.Seen) string {
	text := ""
	functions, _ := render.Deployed([]byte(found.Template))
	if len(functions) > 0 && stands(found) {
		text = " with " + count(len(functions), "function")
	}
	names := tables(found)
	switch {
	case len(names) == 0:
		return text
	case text == "":
		return " with the data of " + tableWords(names)
	}
	return text + " and the data of " + tableWords(names)
}

func tableWords(names []string) string {
	if len(names) == 1 {
		return "the table " + names[0]
	}
	return "the tables " + strings.Join(names, ", ")
}

// tables names a stack's tables: what a broken stack was found to hold, or as the outputs do, or else the template. What
// could not be deleted before counts too: by force it stays, and the stack's own step says so. What was left behind by its
// deletion policy does not.
func tables(found stack.Seen) []string {
	var names []string
	for _, resource := range found.Resources {
		if isTable(resource.Type) && resource.PhysicalID != "" && resource.Status != "DELETE_SKIPPED" {
			names = append(names, resource.PhysicalID)
		}
	}
	if found.Resources != nil {
		return names
	}
	for _, key := range slices.Sorted(maps.Keys(found.Outputs)) {
		if strings.HasSuffix(key, "TableName") {
			names = append(names, found.Outputs[key])
		}
	}
	if names == nil && stands(found) {
		names, _ = render.LostTables([]byte(found.Template), []byte("Resources: {}"))
	}
	return names
}

func isTable(resourceType string) bool {
	return resourceType == "AWS::DynamoDB::Table" || resourceType == "AWS::DynamoDB::GlobalTable"
}

// stands says whether a stack was created, and is not being deleted. CloudFormation gives a template in other states too:
// what that says was not made yet, or is gone again, if only in part.
func stands(found stack.Seen) bool {
	return found.Status == "CREATE_COMPLETE" ||
		strings.HasPrefix(found.Status, "UPDATE_") || strings.HasPrefix(found.Status, "IMPORT_")
}
