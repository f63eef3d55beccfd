package logs

import (
	"context"
	"slices"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

type putInput struct {
	LogGroupName  string     `json:"logGroupName"`
	LogStreamName string     `json:"logStreamName"`
	LogEvents     []putEvent `json:"logEvents"`
	SequenceToken string     `json:"sequenceToken"` // it is ignored since 2023
}

type putEvent struct {
	Timestamp *int64  `json:"timestamp"`
	Message   *string `json:"message"`
}

type putOutput struct {
	NextSequenceToken     string    `json:"nextSequenceToken"`
	RejectedLogEventsInfo *rejected `json:"rejectedLogEventsInfo,omitempty"`
}

// rejected says which events of a call were not taken: those from the first index on, and those before the others.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_RejectedLogEventsInfo.html
type rejected struct {
	TooNewLogEventStartIndex *int `json:"tooNewLogEventStartIndex,omitempty"`
	TooOldLogEventEndIndex   *int `json:"tooOldLogEventEndIndex,omitempty"`
	ExpiredLogEventEndIndex  *int `json:"expiredLogEventEndIndex,omitempty"`
}

// What a batch of events may be.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
const (
	mostInBatch  = 10000
	largestBatch = 1 << 20
	longestSpan  = 24 * time.Hour
	oldest       = 14 * 24 * time.Hour
	newest       = 2 * time.Hour
)

// putLogEvents adds events to a stream.
func (s *Service) putLogEvents(ctx context.Context, c *wire.Call, in putInput) (any, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	now, p := s.config.Clock.Now(), placeOf(c)
	var out putOutput
	err := s.config.Store.Update(ctx, func(tx *store.Tx) error {
		g, st, err := p.findStream(tx, in.LogGroupName, in.LogStreamName)
		if err != nil {
			return err
		}
		events, r := in.valid(g, now)
		out.RejectedLogEventsInfo = r
		if n := len(events); n > 0 && events[n-1].Time-events[0].Time > longestSpan.Milliseconds() {
			return invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
		}
		if len(events) > 0 {
			p.append(tx, &g, st, events)
		}
		st.Next += uint64(len(events))
		out.NextSequenceToken = sequenceToken(st)
		return nil
	})
	return out, err
}

// check says what speaks against the batch as a whole. dibog/cloudwatch-logback-appender#17,
// nhs-england-tools/terraform-aws-opennext#27 and, for the span, aws-greengrass/aws-greengrass-log-manager#59 show the
// words; those for a long event are unverified.
func (in putInput) check() error {
	const where = "1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member must "
	switch n := len(in.LogEvents); {
	case n == 0:
		return invalid(where + "have length greater than or equal to 1")
	case n > mostInBatch:
		return invalid(where+"have length less than or equal to %d", mostInBatch)
	}
	size, last := 0, int64(0)
	for i, e := range in.LogEvents {
		switch {
		case e.Timestamp == nil || *e.Timestamp < 0 || e.Message == nil || *e.Message == "":
			return invalid("1 validation error detected: Value at 'logEvents.%d.member' failed to satisfy constraint: "+
				"Member must have a timestamp of 0 or more and a message of 1 character or more", i+1)
		case *e.Timestamp < last:
			return invalid("Log events in a single PutLogEvents request must be in chronological order.")
		case len(*e.Message)+perEvent > longestEvent:
			return invalid("Log event too large: %d bytes exceeds limit of %d", len(*e.Message)+perEvent, longestEvent)
		}
		last = *e.Timestamp
		size += len(*e.Message) + perEvent
	}
	if size > largestBatch {
		return invalid("Upload too large: %d bytes exceeds limit of %d", size, largestBatch)
	}
	return nil
}

// valid are the events that are taken, and what is said of the others.
func (in putInput) valid(g group, now time.Time) ([]event, *rejected) {
	first := func(at time.Time) int {
		return slices.IndexFunc(append(slices.Clone(in.LogEvents), putEvent{}), func(e putEvent) bool {
			return e.Timestamp == nil || *e.Timestamp >= at.UnixMilli()
		})
	}
	from, to := first(now.Add(-oldest)), first(now.Add(newest).Add(time.Millisecond))
	var r rejected
	if from > 0 {
		r.TooOldLogEventEndIndex = &from
	}
	if expired := first(g.horizon(now)); g.Retention > 0 && expired > from {
		r.ExpiredLogEventEndIndex = &expired
		from = expired
	}
	if to < len(in.LogEvents) {
		r.TooNewLogEventStartIndex = &to
	}
	var events []event
	for _, e := range in.LogEvents[from:max(from, to)] {
		events = append(events, event{Time: *e.Timestamp, Ingested: now.UnixMilli(), Text: *e.Message})
	}
	if r == (rejected{}) {
		return events, nil
	}
	return events, &r
}
