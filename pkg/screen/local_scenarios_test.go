package screen_test

import (
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/report"
)

const connection = "Zv9eYfQ2oAMCKsA="

// serving are runs of a local cloud that is served.
func serving() []scenario {
	return []scenario{
		{name: "served", events: served()},
		{name: "served-verbose", verbose: true, events: served()},
		{name: "watched", events: watched()},
	}
}

func served() []report.Event {
	events := append(local()[:1],
		report.Serving{
			Endpoint: "http://127.0.0.1:7553", Region: "us-east-1", AccessKey: "PLLDBKEY",
			WebSocket:   "ws://127.0.0.1:7553/_aws/execute-api/a1b2c3/plldb",
			Connections: "http://127.0.0.1:7553/_aws/execute-api/a1b2c3/plldb/@connections",
		},
		report.Serving{Endpoint: "http://127.0.0.1:7553", Region: "us-east-1", AccessKey: "PLLDBKEY"},
	)
	for _, e := range happened() {
		events = append(events, e)
	}
	o := inState("CREATE_COMPLETE", outcome("local", report.Served))
	return append(events, report.Omitted{Lines: 412}, report.Omitted{Lines: 1},
		report.Notice{Text: "ending"}, o)
}

func happened() []report.Traffic {
	at := time.Date(2026, 11, 21, 22, 30, 5, 250_000_000, time.UTC)
	logged := func(text string) report.Traffic {
		return report.Traffic{Time: at, Kind: report.KindLogged, Function: "plldb-DefaultFunction-1A2B3C4D5E6F", Text: text}
	}
	return []report.Traffic{
		{Time: at, Kind: report.KindRefused, Route: "$connect", Status: 403, Text: "the authorizer said Deny", Took: 12e6},
		{Time: at, Kind: report.KindConnected, Connection: connection, Route: "$connect", Took: 1_400_000},
		logged("START RequestId: 8f1c Version: $LATEST"),
		logged("a client said \x1b]0;mine\x07 \u202eevil\u202c and went\ton"),
		logged("END RequestId: 8f1c"),
		logged("REPORT RequestId: 8f1c\tDuration: 1.20 ms"),
		{
			Time: at, Kind: report.KindReceived, Connection: connection, Route: "$default", Text: "hello", Bytes: 5,
			Status: 200, Took: 990_000,
		},
		{
			Time: at, Kind: report.KindReceived, Connection: connection, Route: "$default", Text: strings.Repeat("long ", 50),
			Bytes: 4_200, Status: 500, Took: 29e9,
		},
		{Time: at, Kind: report.KindSent, Connection: connection, Text: "OK", Bytes: 2},
		{Time: at, Kind: report.KindSent, Connection: connection, Text: strings.Repeat("漢字", 100), Bytes: 600},
		{Time: at, Kind: report.KindSent, Connection: connection},
		{Time: at, Kind: report.KindWarned, Text: "the log of \x1bx could not be kept"},
		{Time: at, Kind: report.KindLogged, Function: "other", Text: ""},
		{Time: at, Kind: report.KindDisconnected, Connection: connection, Status: 1001, Took: 93e9},
	}
}

func watched() []report.Event {
	at := time.Date(2026, 11, 21, 22, 30, 5, 0, time.UTC)
	changed := []string{"functions/handlers/unmatched/handle.go"}
	return append(local()[:1],
		report.Deployment{
			Time: at, Status: report.Updated, Changed: changed, Sent: []string{"ws_api_default_handler"}, Took: 1400 * time.Millisecond,
		},
		report.Warning{Time: at, Text: "a table is kept"},
		report.Deployment{Time: at, Status: report.Updated, Changed: []string{"cloudformation/template.yaml"}, Took: 400e6},
		report.Deployment{Time: at, Status: report.Unchanged, Changed: changed, Took: 200 * time.Millisecond},
		report.Deployment{Time: at, Status: report.Failed, Nothing: true, Took: 300 * time.Millisecond, Problem: &report.Problem{
			Message: "the template is wrong", Code: report.ExitFailed,
		}},
		report.Deployment{Time: at, Status: report.Failed, Changed: changed, Took: 300 * time.Millisecond, Problem: &report.Problem{
			Message: "the function ws_api_default_handler does not compile:\nfunctions/handlers/unmatched/handle.go:9:2: undefined: x",
			Hint:    "correct these lines", Code: report.ExitFailed, Chain: []string{"undefined: x"},
		}},
		inState("CREATE_COMPLETE", outcome("local", report.Served)),
	)
}
