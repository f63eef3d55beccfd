package logs

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// position is where an event stands among all of a group: by its time, then by its stream, then in the order of coming.
type position struct {
	time           int64
	stream, number uint64
}

// String is the position in 56 digits, of which AWS's ids of events are, too.
func (p position) String() string { return fmt.Sprintf("%020d%018d%018d", p.time, p.stream, p.number) }

func parsePosition(text string) (position, bool) {
	if len(text) != 56 {
		return position{}, false
	}
	time, err1 := strconv.ParseInt(text[:20], 10, 64)
	stream, err2 := strconv.ParseUint(text[20:38], 10, 64)
	number, err3 := strconv.ParseUint(text[38:], 10, 64)
	return position{time, stream, number}, err1 == nil && err2 == nil && err3 == nil
}

func (p position) compare(q position) int {
	return cmp.Or(cmp.Compare(p.time, q.time), cmp.Compare(p.stream, q.stream), cmp.Compare(p.number, q.number))
}

// next is the position behind an event.
func (p position) next() position {
	p.number++
	return p
}

// placed is an event with its position.
type placed struct {
	event
	stream string
	at     position
}

// events are those of streams from a time until before another, in the order of their positions.
func (p place) events(tx *store.Tx, group string, streams []stream, from, to int64) []placed {
	var list []placed
	for _, s := range streams {
		for _, span := range s.Spans {
			if span.Last < from || span.First >= to {
				continue
			}
			chunk, _ := store.Get[[]event](tx, chunksTable, p.chunkKey(group, s.Name, span.Start))
			for i, e := range chunk {
				if from <= e.Time && e.Time < to {
					list = append(list, placed{e, s.Name, position{e.Time, s.ID, span.Start + uint64(i)}})
				}
			}
		}
	}
	slices.SortFunc(list, func(a, b placed) int { return a.at.compare(b.at) })
	return list
}

// before is how many events stand before a position.
func before(list []placed, at position) int {
	n, _ := slices.BinarySearchFunc(list, at, func(e placed, at position) int { return e.at.compare(at) })
	return n
}

// mostEvents is how many events an answer has at most, and largestPage how many bytes.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
const (
	mostEvents  = 10000
	largestPage = 1 << 20
)

// fitting is how many events of a list go into an answer: one at least.
func fitting(list []placed, limit int) int {
	bytes := int64(0)
	for i, e := range list {
		if bytes += e.bytes(); i > 0 && bytes > largestPage || i == limit {
			return i
		}
	}
	return len(list)
}

type getInput struct {
	LogGroupName       string `json:"logGroupName"`
	LogGroupIdentifier string `json:"logGroupIdentifier"`
	LogStreamName      string `json:"logStreamName"`
	StartTime          *int64 `json:"startTime"`
	EndTime            *int64 `json:"endTime"`
	NextToken          string `json:"nextToken"`
	Limit              *int   `json:"limit"`
	StartFromHead      bool   `json:"startFromHead"`
	Unmask             bool   `json:"unmask"` // nothing is masked
}

type getOutput struct {
	Events            []output `json:"events"`
	NextForwardToken  string   `json:"nextForwardToken"`
	NextBackwardToken string   `json:"nextBackwardToken"`
}

type output struct {
	Timestamp     int64  `json:"timestamp"`
	Message       string `json:"message"`
	IngestionTime int64  `json:"ingestionTime"`
}

// getLogEvents reads a stream by pages, in both directions.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
func (s *Service) getLogEvents(ctx context.Context, c *wire.Call, in getInput) (any, error) {
	limit, err := limited(in.Limit, mostEvents)
	if err != nil {
		return nil, err
	}
	var page []placed
	var at position
	err = s.read(ctx, func(tx *store.Tx) error {
		list, err := s.stream(tx, placeOf(c), in)
		if err == nil {
			page, at, err = in.page(list, limit)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	out := getOutput{Events: []output{}}
	first, next := at, at
	if len(page) > 0 {
		first, next = page[0].at, page[len(page)-1].at.next()
	}
	out.NextBackwardToken, out.NextForwardToken = "b/"+first.String()+"/s", "f/"+next.String()+"/s"
	for _, e := range page {
		out.Events = append(out.Events, output{e.Time, e.Text, e.Ingested})
	}
	return out, nil
}

// stream are the events of the stream that a call means, in its range of time.
func (s *Service) stream(tx *store.Tx, p place, in getInput) ([]placed, error) {
	g, err := p.identified(tx, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	_, st, err := p.findStream(tx, g.Name, in.LogStreamName)
	if err != nil {
		return nil, err
	}
	from, to := s.ranged(g, in.StartTime, in.EndTime)
	return p.events(tx, g.Name, []stream{st}, from, to), nil
}

// ranged is a range of time, without what the group keeps no longer.
func (s *Service) ranged(g group, start, end *int64) (from, to int64) {
	from, to = g.horizon(s.config.Clock.Now()).UnixMilli(), math.MaxInt64
	if start != nil {
		from = max(from, *start)
	}
	if end != nil {
		to = *end
	}
	return from, to
}

// page is a part of the list, and where it is if it is empty: then the tokens stay what they are.
func (in getInput) page(list []placed, limit int) ([]placed, position, error) {
	if in.NextToken == "" && in.StartFromHead {
		return list[:fitting(list, limit)], position{}, nil
	}
	if in.NextToken == "" {
		return last(list, limit), position{}, nil
	}
	forward := strings.HasPrefix(in.NextToken, "f/")
	text, ok := strings.CutSuffix(strings.TrimPrefix(strings.TrimPrefix(in.NextToken, "f/"), "b/"), "/s")
	at, digits := parsePosition(text)
	if !ok || !digits || len(in.NextToken) != len("f/")+56+len("/s") {
		return nil, at, badToken()
	}
	n := before(list, at)
	if forward {
		return list[n:][:fitting(list[n:], limit)], at, nil
	}
	return last(list[:n], limit), at, nil
}

// last are the last events of a list that go into an answer.
func last(list []placed, limit int) []placed {
	backward := slices.Clone(list)
	slices.Reverse(backward)
	return list[len(list)-fitting(backward, limit):]
}
