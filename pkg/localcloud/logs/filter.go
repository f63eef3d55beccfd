package logs

import (
	"context"
	"math"
	"slices"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

type filterInput struct {
	LogGroupName        string   `json:"logGroupName"`
	LogGroupIdentifier  string   `json:"logGroupIdentifier"`
	LogStreamNames      []string `json:"logStreamNames"`
	LogStreamNamePrefix string   `json:"logStreamNamePrefix"`
	StartTime           *int64   `json:"startTime"`
	EndTime             *int64   `json:"endTime"`
	FilterPattern       string   `json:"filterPattern"`
	NextToken           string   `json:"nextToken"`
	Limit               *int     `json:"limit"`
	Interleaved         *bool    `json:"interleaved"` // it is ignored since 2019
	Unmask              bool     `json:"unmask"`      // nothing is masked
}

type filterOutput struct {
	Events             []filtered `json:"events"`
	SearchedLogStreams []struct{} `json:"searchedLogStreams"` // empty since 2020
	NextToken          string     `json:"nextToken,omitempty"`
}

type filtered struct {
	LogStreamName string `json:"logStreamName"`
	Timestamp     int64  `json:"timestamp"`
	Message       string `json:"message"`
	IngestionTime int64  `json:"ingestionTime"`
	EventID       string `json:"eventId"`
}

// filterLogEvents reads a group's events, of all streams or some, that match a pattern.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
func (s *Service) filterLogEvents(ctx context.Context, c *wire.Call, in filterInput) (any, error) {
	limit, err := limited(in.Limit, mostEvents)
	if err != nil {
		return nil, err
	}
	pattern, at, err := in.check()
	if err != nil {
		return nil, err
	}
	var list []placed
	err = s.read(ctx, func(tx *store.Tx) error {
		list, err = s.group(tx, placeOf(c), in, at)
		return err
	})
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(e placed) bool { return !pattern.matches(e.Text) })
	out := filterOutput{Events: []filtered{}, SearchedLogStreams: []struct{}{}}
	n := fitting(list, limit)
	if n < len(list) {
		out.NextToken = list[n].at.String()
	}
	for _, e := range list[:n] {
		out.Events = append(out.Events, filtered{e.stream, e.Time, e.Text, e.Ingested, e.at.String()})
	}
	return out, nil
}

// check reads the pattern and the token.
func (in filterInput) check() (pattern, position, error) {
	if len(in.LogStreamNames) > 0 && in.LogStreamNamePrefix != "" { // the words are unverified
		return pattern{}, position{}, invalid("logStreamNamePrefix and logStreamNames are mutually exclusive parameters.")
	}
	if len(in.LogStreamNames) > 100 {
		return pattern{}, position{}, invalid("1 validation error detected: Value at 'logStreamNames' failed to satisfy " +
			"constraint: Member must have length less than or equal to 100")
	}
	var at position
	if in.NextToken != "" {
		var ok bool
		if at, ok = parsePosition(in.NextToken); !ok {
			return pattern{}, position{}, badToken()
		}
	}
	p, err := parsePattern(in.FilterPattern)
	return p, at, err
}

// group are the events of the streams that a call means, in its range of time, which has its end in it here, from a
// position on.
func (s *Service) group(tx *store.Tx, p place, in filterInput, at position) ([]placed, error) {
	g, err := p.identified(tx, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	streams := p.streams(tx, g.Name, in.LogStreamNamePrefix)
	if len(in.LogStreamNames) > 0 {
		streams = nil
	}
	for _, name := range in.LogStreamNames {
		_, st, err := p.findStream(tx, g.Name, name)
		if err != nil {
			return nil, err
		}
		streams = append(streams, st)
	}
	from, to := s.ranged(g, in.StartTime, in.EndTime)
	if to < math.MaxInt64 {
		to++
	}
	list := p.events(tx, g.Name, streams, max(from, at.time), to)
	return list[before(list, at):], nil
}
