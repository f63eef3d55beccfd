package logs

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

type streamInput struct {
	LogGroupName  string `json:"logGroupName"`
	LogStreamName string `json:"logStreamName"`
}

// createLogStream makes an empty stream.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html
func (s *Service) createLogStream(ctx context.Context, c *wire.Call, in streamInput) (any, error) {
	p := placeOf(c)
	return s.changeEvents(ctx, func(tx *store.Tx) error {
		if err := checkStream(in.LogStreamName); err != nil {
			return err
		}
		g, err := p.find(tx, in.LogGroupName)
		if err != nil {
			return err
		}
		if _, there := p.stream(tx, g.Name, in.LogStreamName); there {
			return wire.Errorf(http.StatusBadRequest, "ResourceAlreadyExistsException",
				"The specified log stream already exists")
		}
		p.putStream(tx, g.Name, newStream(tx, in.LogStreamName, s.config.Clock.Now().UnixMilli()))
		return nil
	})
}

// deleteLogStream removes a stream with its events.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogStream.html
func (s *Service) deleteLogStream(ctx context.Context, c *wire.Call, in streamInput) (any, error) {
	p := placeOf(c)
	return s.changeEvents(ctx, func(tx *store.Tx) error {
		g, st, err := p.findStream(tx, in.LogGroupName, in.LogStreamName)
		if err == nil {
			p.removeStream(tx, &g, st)
			p.put(tx, g)
		}
		return err
	})
}

type describeStreamsInput struct {
	LogGroupName        string `json:"logGroupName"`
	LogGroupIdentifier  string `json:"logGroupIdentifier"`
	LogStreamNamePrefix string `json:"logStreamNamePrefix"`
	OrderBy             string `json:"orderBy"`
	Descending          bool   `json:"descending"`
	NextToken           string `json:"nextToken"`
	Limit               *int   `json:"limit"`
}

type describeStreamsOutput struct {
	LogStreams []describedStream `json:"logStreams"`
	NextToken  string            `json:"nextToken,omitempty"`
}

// describedStream is a stream as it is answered. Its storedBytes have been 0 since 2019, and the token is ignored.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogStream.html
type describedStream struct {
	LogStreamName       string `json:"logStreamName"`
	CreationTime        int64  `json:"creationTime"`
	FirstEventTimestamp int64  `json:"firstEventTimestamp,omitempty"`
	LastEventTimestamp  int64  `json:"lastEventTimestamp,omitempty"`
	LastIngestionTime   int64  `json:"lastIngestionTime,omitempty"`
	UploadSequenceToken string `json:"uploadSequenceToken,omitempty"`
	ARN                 string `json:"arn"`
	StoredBytes         int64  `json:"storedBytes"`
}

// describeLogStreams lists a group's streams by their names or their last events.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html
func (s *Service) describeLogStreams(ctx context.Context, c *wire.Call, in describeStreamsInput) (any, error) {
	limit, err := limited(in.Limit, most)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	p := placeOf(c)
	var list []describedStream
	err = s.read(ctx, func(tx *store.Tx) error {
		g, err := p.identified(tx, in.LogGroupName, in.LogGroupIdentifier)
		if err != nil {
			return err
		}
		for _, st := range p.streams(tx, g.Name, in.LogStreamNamePrefix) {
			list = append(list, p.describeStream(g.Name, st))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return in.page(list, limit)
}

// check: the words for an order that a prefix does not go with are unverified.
func (in describeStreamsInput) check() error {
	switch in.OrderBy {
	case "", "LogStreamName":
		return nil
	case "LastEventTime":
		if in.LogStreamNamePrefix != "" {
			return invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
		}
		return nil
	}
	return invalid("1 validation error detected: Value '%s' at 'orderBy' failed to satisfy constraint: "+
		"Member must satisfy enum value set: [LogStreamName, LastEventTime]", in.OrderBy)
}

// page is a part of the list. The token is the name of its last stream.
func (in describeStreamsInput) page(list []describedStream, limit int) (any, error) {
	if in.OrderBy == "LastEventTime" {
		slices.SortStableFunc(list, func(a, b describedStream) int {
			return cmp.Compare(a.LastEventTimestamp, b.LastEventTimestamp)
		})
	}
	if in.Descending {
		slices.Reverse(list)
	}
	if in.NextToken != "" {
		name, err := base64.StdEncoding.DecodeString(in.NextToken)
		at := slices.IndexFunc(list, func(d describedStream) bool { return d.LogStreamName == string(name) })
		if err != nil || at < 0 {
			return nil, badToken()
		}
		list = list[at+1:]
	}
	out := describeStreamsOutput{LogStreams: list[:min(limit, len(list)):len(list)]}
	if out.LogStreams == nil {
		out.LogStreams = []describedStream{}
	}
	if len(list) > limit {
		out.NextToken = base64.StdEncoding.EncodeToString([]byte(list[limit-1].LogStreamName))
	}
	return out, nil
}

func (p place) describeStream(group string, s stream) describedStream {
	d := describedStream{
		LogStreamName: s.Name, CreationTime: s.Created, LastIngestionTime: s.Ingested,
		ARN: p.arn(group) + ":log-stream:" + s.Name,
	}
	for i, span := range s.Spans {
		if i == 0 || span.First < d.FirstEventTimestamp {
			d.FirstEventTimestamp = span.First
		}
		d.LastEventTimestamp = max(d.LastEventTimestamp, span.Last)
	}
	if s.Next > 0 {
		d.UploadSequenceToken = sequenceToken(s)
	}
	return d
}

// sequenceToken has the form of those that once were needed.
func sequenceToken(s stream) string { return fmt.Sprintf("%056d", s.Next) }
