package logs

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

const (
	streamsTable = "logs.streams"
	chunksTable  = "logs.chunks"

	perEvent     = 26      // bytes that an event counts more than its text, as PutLogEvents says
	longestEvent = 1 << 20 // bytes
	chunkSize    = 64 << 10
)

// stream is a log stream, as it is kept: without its events, which are in chunks.
type stream struct {
	ID       uint64 // of all streams of the state
	Name     string
	Created  int64 // milliseconds since 1970, as all times here
	Ingested int64 // the last time, 0 for never
	Next     uint64
	Logged   bool   // it came by Log
	Spans    []span // of its chunks, as they were written
}

// span is what a chunk has in it.
type span struct {
	Start       uint64 // the number of its first event in the stream
	First, Last int64  // the earliest and the latest event
	Bytes       int64
}

// event is a log event, as it is kept.
type event struct {
	Time     int64  `json:"t"`
	Ingested int64  `json:"i"`
	Text     string `json:"m"`
}

func (e event) bytes() int64 { return int64(len(e.Text) + perEvent) }

// streamKey: neither groups nor streams have a colon in their names.
func (p place) streamKey(group, name string) string { return p.At(group) + ":" + name }

func (p place) chunkKey(group, name string, start uint64) string {
	return fmt.Sprintf("%s:%016x", p.streamKey(group, name), start)
}

func newStream(tx *store.Tx, name string, now int64) stream {
	return stream{ID: store.Next(tx, "logs.streams"), Name: name, Created: now}
}

func (p place) stream(tx *store.Tx, group, name string) (stream, bool) {
	return store.Get[stream](tx, streamsTable, p.streamKey(group, name))
}

// findStream is a stream that must be there, as its group must.
func (p place) findStream(tx *store.Tx, groupName, name string) (group, stream, error) {
	if err := checkStream(name); err != nil {
		return group{}, stream{}, err
	}
	g, err := p.find(tx, groupName)
	if err != nil {
		return group{}, stream{}, err
	}
	s, ok := p.stream(tx, g.Name, name)
	if !ok {
		return group{}, stream{}, wire.Errorf(http.StatusBadRequest, "ResourceNotFoundException",
			"The specified log stream does not exist.")
	}
	return g, s, nil
}

func (p place) putStream(tx *store.Tx, group string, s stream) {
	store.Put(tx, streamsTable, p.streamKey(group, s.Name), s)
}

// streams visits a group's streams by their names.
func (p place) streams(tx *store.Tx, group, prefix string) []stream {
	var list []stream
	store.Each(tx, streamsTable, p.streamKey(group, prefix), func(_ string, s stream) bool {
		list = append(list, s)
		return true
	})
	return list
}

// append adds events to a stream, in the order of their coming.
func (p place) append(tx *store.Tx, g *group, s stream, events []event) {
	for len(events) > 0 {
		events = p.fill(tx, g, &s, events)
	}
	p.putStream(tx, g.Name, s)
	p.trim(tx, g)
	p.put(tx, *g)
}

// fill puts as many events into the last chunk as it has room for, or into a new one, and gives those that are left.
func (p place) fill(tx *store.Tx, g *group, s *stream, events []event) []event {
	var chunk []event
	if n := len(s.Spans); n > 0 && s.Spans[n-1].Bytes < chunkSize {
		chunk, _ = store.Get[[]event](tx, chunksTable, p.chunkKey(g.Name, s.Name, s.Spans[n-1].Start))
	} else {
		s.Spans = append(s.Spans, span{Start: s.Next, First: events[0].Time, Last: events[0].Time})
		g.Chunks++
	}
	last := &s.Spans[len(s.Spans)-1]
	taken := 0
	for _, e := range events {
		if last.Bytes >= chunkSize {
			break
		}
		last.First, last.Last = min(last.First, e.Time), max(last.Last, e.Time)
		last.Bytes += e.bytes()
		g.Bytes += e.bytes()
		s.Ingested = max(s.Ingested, e.Ingested)
		s.Next++
		taken++
	}
	store.Put(tx, chunksTable, p.chunkKey(g.Name, s.Name, last.Start), append(chunk, events[:taken]...))
	return events[taken:]
}

// What a group keeps, in bytes. That there is an end to it is ours: endless printing shall not fill the disk.
// A chunk counts something more than its events, since reading it costs.
const (
	mostKept     = 8 << 20
	keptAfter    = 7 << 20 // where more is there, the oldest go until this is left
	costsOfChunk = 1 << 10
)

func (g group) cost() int64 { return g.Bytes + costsOfChunk*g.Chunks }

// trim removes a group's oldest chunks where there is too much, and the streams of functions that are empty then.
func (p place) trim(tx *store.Tx, g *group) {
	if g.cost() <= mostKept {
		return
	}
	type chunk struct {
		of *stream
		span
	}
	var chunks []chunk
	streams := p.streams(tx, g.Name, "")
	for i := range streams {
		for _, span := range streams[i].Spans {
			chunks = append(chunks, chunk{&streams[i], span})
		}
	}
	slices.SortStableFunc(chunks, func(a, b chunk) int { return cmp.Compare(a.Last, b.Last) })
	for _, c := range chunks {
		if g.cost() <= keptAfter {
			return
		}
		p.drop(tx, g, c.of, c.Start)
	}
}

// drop removes a chunk.
func (p place) drop(tx *store.Tx, g *group, s *stream, start uint64) {
	at := slices.IndexFunc(s.Spans, func(sp span) bool { return sp.Start == start })
	g.Bytes -= s.Spans[at].Bytes
	g.Chunks--
	s.Spans = slices.Delete(s.Spans, at, at+1)
	store.Delete(tx, chunksTable, p.chunkKey(g.Name, s.Name, start))
	if len(s.Spans) == 0 && s.Logged {
		store.Delete(tx, streamsTable, p.streamKey(g.Name, s.Name))
		return
	}
	p.putStream(tx, g.Name, *s)
}

// removeStream removes a stream with its events.
func (p place) removeStream(tx *store.Tx, g *group, s stream) {
	for _, span := range s.Spans {
		g.Bytes -= span.Bytes
		g.Chunks--
		store.Delete(tx, chunksTable, p.chunkKey(g.Name, s.Name, span.Start))
	}
	store.Delete(tx, streamsTable, p.streamKey(g.Name, s.Name))
}

// checkStream refuses what is no name of a log stream.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html
func checkStream(name string) error {
	const where = "1 validation error detected: Value %s at 'logStreamName' failed to satisfy constraint: Member must "
	switch {
	case name == "":
		return invalid(where+"not be null", "null")
	case len(name) > longest:
		return invalid(where+"have length less than or equal to %d", "'"+name+"'", longest)
	case strings.ContainsAny(name, ":*"):
		return invalid(where+"satisfy regular expression pattern: [^:*]*", "'"+name+"'")
	}
	return nil
}
