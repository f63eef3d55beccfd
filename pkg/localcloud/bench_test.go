package localcloud_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	template "github.com/plldb/plldb/cloudformation"
)

// functions is plldb's template with so many more functions, each with its log group.
func functions(more int) []byte {
	text := string(template.Template())
	first := section(text, "  ConnectLogGroup:\n", "  DisconnectLogGroup:\n")
	var all strings.Builder
	for i := range more {
		name := fmt.Sprintf("More%03d", i)
		all.WriteString(strings.NewReplacer("Connect", name, "ws_api_connect_handler", strings.ToLower(name)).Replace(first))
	}
	return []byte(strings.Replace(text, "  DisconnectLogGroup:\n", all.String()+"  DisconnectLogGroup:\n", 1))
}

// section is a text's part from one line until another.
func section(text, from, until string) string {
	_, rest, _ := strings.Cut(text, from)
	part, _, _ := strings.Cut(rest, until)
	return from + part
}

// follow reads all events of a stack, as who follows a deployment does.
func (a *account) follow(name string) (events int) {
	a.Helper()
	in := &cloudformation.DescribeStackEventsInput{StackName: &name}
	for pages := cloudformation.NewDescribeStackEventsPaginator(a, in); pages.HasMorePages(); {
		page, err := pages.NextPage(a.Context())
		a.must(err)
		events += len(page.StackEvents)
	}
	return events
}

// BenchmarkSetup makes a stack of so many functions, reads its events, proposes an update of each function, looks for
// drift, and deletes it.
func BenchmarkSetup(b *testing.B) {
	for _, more := range []int{0, 50, 100, 200} {
		b.Run(fmt.Sprintf("functions=%d", 4+more), func(b *testing.B) {
			for b.Loop() {
				cycle(b, more)
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.HeapSys)/1e6, "heap-MB")
		})
	}
}

func cycle(b *testing.B, more int) {
	a := newAccount(b)
	defer a.server.Close()
	text := a.render(functions(more))
	a.deploy("plldb", text)
	a.follow("plldb")
	version := a.put("next.yaml", []byte(strings.ReplaceAll(string(text), "MemorySize: 128", "MemorySize: 256")))
	at := a.server.URL + "/" + packages + "/next.yaml?versionId=" + version
	set, err := a.CreateChangeSet(b.Context(), &cloudformation.CreateChangeSetInput{
		StackName: aws.String("plldb"), ChangeSetName: aws.String("next"), TemplateURL: &at,
		Capabilities: []types.Capability{types.CapabilityCapabilityIam},
	})
	a.must(err)
	_, err = a.ExecuteChangeSet(b.Context(), &cloudformation.ExecuteChangeSetInput{ChangeSetName: set.Id})
	a.must(err)
	a.follow("plldb")
	a.drifts("plldb")
	_, err = a.DeleteStack(b.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("plldb")})
	a.must(err)
	_, err = a.DescribeStacks(b.Context(), &cloudformation.DescribeStacksInput{StackName: set.StackId})
	a.must(err)
}
