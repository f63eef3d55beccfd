package logs_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// stored is a cloud with the group "g" and its stream "s".
func stored(t *testing.T) *cloud {
	t.Helper()
	c := newCloud(t)
	c.Do("CreateLogGroup", `{"logGroupName": "g"}`)
	c.Do("CreateLogStream", `{"logGroupName": "g", "logStreamName": "s"}`)
	return c
}

// put puts texts into a stream of "g", one each millisecond from some after noon on.
func (c *cloud) put(stream string, after int, texts ...string) map[string]any {
	c.T.Helper()
	var events []map[string]any
	for i, text := range texts {
		events = append(events, map[string]any{"timestamp": c.Hand.Now().UnixMilli() + int64(after+i), "message": text})
	}
	body, err := json.Marshal(map[string]any{"logGroupName": "g", "logStreamName": stream, "logEvents": events})
	if err != nil {
		c.T.Fatal(err)
	}
	return c.Do("PutLogEvents", string(body))
}

// texts are the messages of an answer.
func texts(answer map[string]any) (list []string) {
	for _, e := range answer["events"].([]any) {
		list = append(list, e.(map[string]any)["message"].(string))
	}
	return list
}

func (c *cloud) get(more string) map[string]any {
	c.T.Helper()
	return c.Do("GetLogEvents", `{"logGroupName": "g", "logStreamName": "s"`+more+`}`)
}

func (c *cloud) filter(more string) map[string]any {
	c.T.Helper()
	return c.Do("FilterLogEvents", `{"logGroupName": "g"`+more+`}`)
}

func want(t *testing.T, what string, got []string, want string) {
	t.Helper()
	if strings.Join(got, " ") != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestAStreamIsReadByPagesInBothDirections(t *testing.T) {
	c := stored(t)
	c.put("s", 0, "a", "b", "c", "d", "e")
	want(t, "all", texts(c.get("")), "a b c d e")
	end := c.get(`, "limit": 2`)
	want(t, "the end", texts(end), "d e")
	back := c.get(`, "limit": 2, "nextToken": "` + end["nextBackwardToken"].(string) + `"`)
	want(t, "backward", texts(back), "b c")
	again := c.get(`, "limit": 2, "startFromHead": true, "nextToken": "` + back["nextForwardToken"].(string) + `"`)
	want(t, "and forward again", texts(again), "d e")

	token := end["nextForwardToken"].(string)
	at := c.get(`, "nextToken": "` + token + `"`)
	want(t, "at the end", texts(at), "")
	if at["nextForwardToken"] != token || !strings.HasPrefix(token, "f/") {
		t.Errorf("the token at the end: %v after %v", at["nextForwardToken"], token)
	}
	want(t, "back from the end", texts(c.get(`, "nextToken": "`+at["nextBackwardToken"].(string)+`"`)), "a b c d e")
	c.put("s", 4, "f") // at the time of e
	want(t, "what came since", texts(c.get(`, "nextToken": "`+token+`"`)), "f")

	head := c.get(`, "limit": 3, "startFromHead": true`)
	want(t, "the head", texts(head), "a b c")
	first := head["nextBackwardToken"].(string)
	before := c.get(`, "nextToken": "` + first + `"`)
	if before["nextBackwardToken"] != first {
		t.Errorf("the token at the beginning: %v after %v", before["nextBackwardToken"], first)
	}
	want(t, "before the beginning", texts(before), "")
}

func TestEventsStandByTheirTimesThenAsTheyCame(t *testing.T) {
	c := stored(t)
	c.put("s", 10, "late", "later")
	c.put("s", 0, "early")
	c.put("s", 10, "late too")
	want(t, "the order", texts(c.get("")), "early late late too later")
	noon := c.Hand.Now().UnixMilli()
	want(t, "a range without its end", texts(c.get(fmt.Sprintf(`, "startTime": %d, "endTime": %d`, noon, noon+10))), "early")
	with := fmt.Sprintf(`, "startTime": %d, "endTime": %d`, noon+1, noon+10)
	want(t, "a range with its end", texts(c.filter(with)), "late late too")
}

func TestEventsOfAGroupAreFoundByPages(t *testing.T) {
	c := stored(t)
	c.Do("CreateLogStream", `{"logGroupName": "g", "logStreamName": "other"}`)
	c.put("s", 0, "a1", "a3")
	c.put("other", 0, "b1", "b2", "b3", "b4")
	var all []string
	ids := map[string]bool{}
	token := ""
	for {
		answer := c.filter(`, "limit": 4` + token)
		all = append(all, texts(answer)...)
		for _, e := range answer["events"].([]any) {
			ids[e.(map[string]any)["eventId"].(string)] = true
		}
		next, more := answer["nextToken"].(string)
		if !more {
			break
		}
		token = `, "nextToken": "` + next + `"`
	}
	want(t, "by pages", all, "a1 b1 a3 b2 b3 b4")
	if len(ids) != 6 {
		t.Errorf("ids: %v", ids)
	}
	want(t, "of one stream", texts(c.filter(`, "logStreamNames": ["s"]`)), "a1 a3")
	want(t, "by a prefix", texts(c.filter(`, "logStreamNamePrefix": "oth"`)), "b1 b2 b3 b4")
	event := c.filter(`, "limit": 1`)["events"].([]any)[0].(map[string]any)
	noon := float64(c.Hand.Now().UnixMilli())
	if event["logStreamName"] != "s" || event["timestamp"] != noon || event["ingestionTime"] != noon {
		t.Errorf("an event: %v", event)
	}
	byARN := c.Do("FilterLogEvents", `{"logGroupIdentifier": "arn:aws:logs:eu-west-1:111111111111:log-group:g:*"}`)
	if len(texts(byARN)) != 6 {
		t.Errorf("by ARN: %v", byARN)
	}
}

func TestFilterPatterns(t *testing.T) {
	c := stored(t)
	c.put("s", 0, "ERROR one", "error two", "ERROR two-three", `say "hi"`, "UNERRORED")
	for pattern, found := range map[string]string{
		``:              `ERROR one|error two|ERROR two-three|say "hi"|UNERRORED`,
		`ERROR`:         `ERROR one|ERROR two-three|UNERRORED`,
		`ERROR two`:     `ERROR two-three`,
		`two ERROR`:     `ERROR two-three`,
		`"two-three"`:   `ERROR two-three`,
		`"ERROR one"`:   `ERROR one`,
		`ERROR -two`:    `ERROR one|UNERRORED`,
		`-ERROR`:        `error two|say "hi"`,
		`-"ERROR one"`:  `error two|ERROR two-three|say "hi"|UNERRORED`,
		`?one ?hi`:      `ERROR one|say "hi"`,
		`"say \"hi\""`:  `say "hi"`,
		` ERROR   one `: `ERROR one`,
	} {
		body, _ := json.Marshal(pattern)
		if got := strings.Join(texts(c.filter(`, "filterPattern": `+string(body))), "|"); got != found {
			t.Errorf("%s finds %s", pattern, got)
		}
	}
}

func TestStreamsAreListed(t *testing.T) {
	c := stored(t)
	c.Do("CreateLogStream", `{"logGroupName": "g", "logStreamName": "a/[$LATEST]1"}`)
	c.Do("CreateLogStream", `{"logGroupName": "g", "logStreamName": "a/[$LATEST]2"}`)
	c.put("a/[$LATEST]1", 5, "late")
	c.put("s", 0, "early", "two")
	names := func(more string) (list []string, token string) {
		answer := c.Do("DescribeLogStreams", `{"logGroupName": "g"`+more+`}`)
		for _, s := range answer["logStreams"].([]any) {
			list = append(list, s.(map[string]any)["logStreamName"].(string))
		}
		token, _ = answer["nextToken"].(string)
		return list, token
	}
	for more, found := range map[string]string{
		``:                              "a/[$LATEST]1 a/[$LATEST]2 s",
		`, "descending": true`:          "s a/[$LATEST]2 a/[$LATEST]1",
		`, "logStreamNamePrefix": "a/"`: "a/[$LATEST]1 a/[$LATEST]2",
		`, "orderBy": "LastEventTime"`:  "a/[$LATEST]2 s a/[$LATEST]1",
	} {
		list, _ := names(more)
		want(t, more, list, found)
	}
	list, token := names(`, "limit": 2`)
	rest, none := names(`, "nextToken": "` + token + `"`)
	want(t, "by pages", append(list, rest...), "a/[$LATEST]1 a/[$LATEST]2 s")
	if none != "" {
		t.Errorf("a token at the end: %q", none)
	}
	got, _ := json.Marshal(c.Do("DescribeLogStreams", `{"logGroupName": "g", "logStreamNamePrefix": "s"}`)["logStreams"])
	if want := `[{"arn":"arn:aws:logs:eu-west-1:111111111111:log-group:g:log-stream:s","creationTime":1767355200000,` +
		`"firstEventTimestamp":1767355200000,"lastEventTimestamp":1767355200001,"lastIngestionTime":1767355200000,` +
		`"logStreamName":"s","storedBytes":0,"uploadSequenceToken":"` + strings.Repeat("0", 55) + `2"}]`; string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func (c *cloud) storedBytes() float64 {
	c.T.Helper()
	return c.Do("DescribeLogGroups", `{}`)["logGroups"].([]any)[0].(map[string]any)["storedBytes"].(float64)
}

func TestWhatGoesTakesItsEventsAlong(t *testing.T) {
	c := stored(t)
	c.Do("CreateLogStream", `{"logGroupName": "g", "logStreamName": "other"}`)
	c.put("s", 0, "abc")
	c.put("other", 0, "abcd")
	if got := c.storedBytes(); got != 3+26+4+26 {
		t.Errorf("stored: %v", got)
	}
	c.Do("DeleteLogStream", `{"logGroupName": "g", "logStreamName": "s"}`)
	want(t, "without the stream", texts(c.filter("")), "abcd")
	if got := c.storedBytes(); got != 4+26 {
		t.Errorf("stored without the stream: %v", got)
	}
	c.Do("CreateLogStream", `{"logGroupName": "g", "logStreamName": "s"}`)
	want(t, "a new stream of that name", texts(c.get("")), "")
	c.Do("DeleteLogGroup", `{"logGroupName": "g"}`)
	c.Do("CreateLogGroup", `{"logGroupName": "g"}`)
	want(t, "a new group of that name", texts(c.filter("")), "")
	if got := c.storedBytes(); got != 0 {
		t.Errorf("stored in the new group: %v", got)
	}
}

func TestCloudFormationRemovesAGroupWithItsEvents(t *testing.T) {
	c := newCloud(t)
	c.Make("LogGroup", map[string]any{"LogGroupName": "g"})
	c.Do("CreateLogStream", `{"logGroupName": "g", "logStreamName": "s"}`)
	c.put("s", 0, "a")
	if _, err := c.Delete("LogGroup", "g"); err != nil {
		t.Fatal(err)
	}
	c.Do("CreateLogGroup", `{"logGroupName": "g"}`)
	want(t, "a new group of that name", texts(c.filter("")), "")
}

func TestWhatIsKeptNoLongerIsNotSeen(t *testing.T) {
	c := stored(t)
	c.put("s", 0, "old")
	c.Hand.Turn(36 * time.Hour)
	c.put("s", 0, "new")
	c.Do("PutRetentionPolicy", `{"logGroupName": "g", "retentionInDays": 1}`)
	want(t, "by stream", texts(c.get("")), "new")
	want(t, "by group", texts(c.filter("")), "new")
}

func TestEventsOutOfRangeAreNotTaken(t *testing.T) {
	c := stored(t)
	hour := 3600 * 1000
	body := func(hours ...int) string {
		var events []string
		for _, h := range hours {
			events = append(events, fmt.Sprintf(`{"timestamp": %d, "message": "%d"}`, c.Hand.Now().UnixMilli()+int64(h*hour), h))
		}
		return `{"logGroupName": "g", "logStreamName": "s", "sequenceToken": "any", "logEvents": [` +
			strings.Join(events, ",") + `]}`
	}
	info := func(hours ...int) string {
		text, _ := json.Marshal(c.Do("PutLogEvents", body(hours...))["rejectedLogEventsInfo"])
		return string(text)
	}
	for _, test := range []struct {
		hours []int
		want  string
	}{
		{[]int{-23, 0, 1}, `null`},
		{[]int{-14*24 - 1, -14 * 24}, `{"tooOldLogEventEndIndex":1}`},
		{[]int{2, 3}, `{"tooNewLogEventStartIndex":1}`},
		{[]int{-400, -400, 0, 9}, `{"tooNewLogEventStartIndex":3,"tooOldLogEventEndIndex":2}`},
		{[]int{-400}, `{"tooOldLogEventEndIndex":1}`},
	} {
		if got := info(test.hours...); got != test.want {
			t.Errorf("%v: %s", test.hours, got)
		}
	}
	want(t, "taken", texts(c.get("")), "-336 -23 0 0 1 2")
	c.Do("PutRetentionPolicy", `{"logGroupName": "g", "retentionInDays": 1}`)
	if got := info(-30, -25, -1); got != `{"expiredLogEventEndIndex":2}` {
		t.Errorf("of a group with an end: %s", got)
	}
	c.Do("DeleteRetentionPolicy", `{"logGroupName": "g"}`)
	c.Do("PutLogEvents", body(-24, 0))
	const span = "InvalidParameterException: The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
	if got := c.Refused("PutLogEvents", body(-24, 1)); got != span {
		t.Errorf("more than a day: %s", got)
	}
	if got := info(-400, -23, 0); got != `{"tooOldLogEventEndIndex":1}` {
		t.Errorf("more than a day, but for what is too old: %s", got)
	}
}
