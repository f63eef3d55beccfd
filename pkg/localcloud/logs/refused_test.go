package logs_test

import (
	"fmt"
	"strings"
	"testing"
)

type refusedEvent struct{ operation, body, want string }

func (r refusedEvent) run(t *testing.T) {
	t.Run(r.operation+" "+r.want, func(t *testing.T) {
		if got := stored(t).Refused(r.operation, r.body); !strings.Contains(got, r.want) {
			t.Errorf("%.200s: %s", r.body, got)
		}
	})
}

func TestRefusedEvents(t *testing.T) {
	big := strings.Repeat("x", 1<<19)
	event := func(at int, text string) string { return fmt.Sprintf(`{"timestamp": %d, "message": "%s"}`, at, text) }
	put := func(events ...string) string {
		return `{"logGroupName": "g", "logStreamName": "s", "logEvents": [` + strings.Join(events, ",") + `]}`
	}
	many := make([]string, 10001)
	for i := range many {
		many[i] = event(1767355200000, "x")
	}
	for _, test := range []refusedEvent{
		{"PutLogEvents", put(), "InvalidParameterException: 1 validation error detected: Value at 'logEvents'"},
		{"PutLogEvents", put(many...), "less than or equal to 10000"},
		{"PutLogEvents", put(event(2, "b"), event(1, "a")), "InvalidParameterException: Log events in a single PutLogEvents request must be in chronological order."},
		{"PutLogEvents", put(event(1, "")), "a message of 1 character or more"},
		{"PutLogEvents", put(event(-1, "a")), "a timestamp of 0 or more"},
		{"PutLogEvents", put(`{"message": "a"}`), "a timestamp of 0 or more"},
		{"PutLogEvents", put(event(1, big), event(1, big)), "InvalidParameterException: Upload too large: 1048628 bytes exceeds limit of 1048576"},
		{"PutLogEvents", put(event(1, big+big)), "Log event too large: 1048602 bytes"},
		{"PutLogEvents", put(event(1, big+big+strings.Repeat(big, 16))), "Upload too large: it exceeds 8388608 bytes"},
		{"PutLogEvents", `{"logGroupName": "no", "logStreamName": "s", "logEvents": [` + event(1, "a") + `]}`, "ResourceNotFoundException: The specified log group does not exist."},
		{"PutLogEvents", `{"logGroupName": "g", "logStreamName": "no", "logEvents": [` + event(1, "a") + `]}`, "ResourceNotFoundException: The specified log stream does not exist."},
		{"PutLogEvents", `{"logGroupName": "g", "logStreamName": "s", "entity": {}}`, "does not model"},
	} {
		test.run(t)
	}
}

func TestRefusedStreamsAndReaders(t *testing.T) {
	const in = `{"logGroupName": "g", "logStreamName": "s", `
	for _, test := range []refusedEvent{
		{"CreateLogStream", `{"logGroupName": "g", "logStreamName": "s"}`, "ResourceAlreadyExistsException: The specified log stream already exists"},
		{"CreateLogStream", `{"logGroupName": "no", "logStreamName": "s"}`, "ResourceNotFoundException"},
		{"CreateLogStream", `{"logGroupName": "g", "logStreamName": "a:b"}`, "pattern: [^:*]*"},
		{"CreateLogStream", `{"logGroupName": "g"}`, "Value null at 'logStreamName'"},
		{"CreateLogStream", `{"logGroupName": "g", "logStreamName": "` + strings.Repeat("x", 513) + `"}`, "less than or equal to 512"},
		{"DeleteLogStream", `{"logGroupName": "g", "logStreamName": "no"}`, "ResourceNotFoundException: The specified log stream does not exist."},
		{"DescribeLogStreams", `{"logGroupName": "g", "limit": 51}`, "Value '51' at 'limit'"},
		{"DescribeLogStreams", `{"logGroupName": "no"}`, "ResourceNotFoundException"},
		{"DescribeLogStreams", `{"logGroupName": "g", "nextToken": "x"}`, "nextToken"},
		{"DescribeLogStreams", `{"logGroupName": "g", "orderBy": "x"}`, "Value 'x' at 'orderBy'"},
		{"DescribeLogStreams", `{"logGroupName": "g", "orderBy": "LastEventTime", "logStreamNamePrefix": "a"}`, "Cannot order by LastEventTime"},
		{"DescribeLogStreams", `{"logGroupName": "g", "logGroupIdentifier": "g"}`, "mutually exclusive"},
		{"GetLogEvents", in + `"limit": 10001}`, "Value '10001' at 'limit'"},
		{"GetLogEvents", in + `"nextToken": "f/1/s"}`, "nextToken"},
		{"GetLogEvents", in + `"nextToken": "` + strings.Repeat("0", 60) + `"}`, "nextToken"},
		{"GetLogEvents", `{"logGroupName": "g", "logStreamName": "no"}`, "log stream does not exist"},
		{"GetLogEvents", `{"logGroupIdentifier": "arn:aws:logs:eu-west-1:222222222222:log-group:g", "logStreamName": "s"}`, "does not model log groups of other accounts"},
		{"FilterLogEvents", `{"logGroupName": "g", "limit": 0}`, "Value '0' at 'limit'"},
		{"FilterLogEvents", `{"logGroupName": "g", "nextToken": "x"}`, "nextToken"},
		{"FilterLogEvents", `{"logGroupName": "g", "logStreamNames": ["no"]}`, "log stream does not exist"},
		{"FilterLogEvents", `{"logGroupName": "g", "logStreamNames": ["s"], "logStreamNamePrefix": "s"}`, "mutually exclusive"},
		{"FilterLogEvents", `{"logGroupName": "g", "filterPattern": "{ $.a = 1 }"}`, "does not model filter patterns for JSON"},
		{"FilterLogEvents", `{"logGroupName": "g", "filterPattern": "[a, b]"}`, "does not model filter patterns"},
		{"FilterLogEvents", `{"logGroupName": "g", "filterPattern": "%a+%"}`, "does not model regular expressions"},
		{"FilterLogEvents", `{"logGroupName": "g", "filterPattern": "?a b"}`, "does not model filter patterns with optional terms"},
		{"FilterLogEvents", `{"logGroupName": "g", "filterPattern": "a a-b"}`, "InvalidParameterException: Invalid filter pattern: Invalid character(s) in term 'a-b'"},
		{"FilterLogEvents", `{"logGroupName": "g", "filterPattern": "` + strings.Repeat("a", 1025) + `"}`, "less than or equal to 1024"},
	} {
		test.run(t)
	}
}
