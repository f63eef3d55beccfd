package rollout

import (
	"fmt"
	"strings"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/stack"
)

// count writes a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func sumArchives(list []artifact.Archive) string {
	fresh := 0
	for _, a := range list {
		if !a.Reused {
			fresh++
		}
	}
	return fmt.Sprintf("%s, %d of them packed now", count(len(list), "archive"), fresh)
}

func sumObjects(list []artifact.Object) string {
	sent := 0
	for _, o := range list {
		if o.Uploaded {
			sent++
		}
	}
	if sent == 0 {
		return "every package is already there"
	}
	return fmt.Sprintf("%s sent, %d already there", count(sent, "package"), len(list)-sent)
}

func sumTemplate(t artifact.Template) string { return t.Key }

func sumStack(r stack.Result) string { return strings.ReplaceAll(string(r.Status), "-", " ") }

func sumPlan(p Plan) string {
	n := len(p.Writes())
	switch {
	case p.Stack.Problem != nil:
		return "refused"
	case n == 0:
		return "nothing planned"
	}
	return count(n, "write") + " planned"
}

func sumDrift(d stack.Drift) string {
	switch {
	case len(d.Resources) > 0:
		return count(len(d.Resources), "resource") + " not as the template says"
	case d.Status == stack.NotChecked:
		return "not looked for"
	case d.Status == stack.InSync:
		return "the stack is what its template says"
	}
	return "not known: some of the stack could not be looked at"
}
