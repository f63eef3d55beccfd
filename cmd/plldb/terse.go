package main

import (
	"time"

	"github.com/plldb/plldb/pkg/report"
)

// terse is the story of the deployment by which `plldb local` begins: its steps without what each of them writes,
// unless that takes its time. Programs, and who asks for everything, hear all.
type terse struct {
	report.Sink
	o *options
}

// Tell passes on what belongs to it.
func (t terse) Tell(e report.Event) {
	switch e.(type) {
	case report.Packed, report.Sent, report.Changed:
		if t.o.hearsAll() {
			t.Sink.Tell(e)
		}
	case report.StackEvent:
		if t.o.hearsAll() || t.o.local.speed > 0 {
			t.Sink.Tell(e)
		}
	default:
		t.Sink.Tell(e)
	}
}

// brief is the story of a deployment that follows another: its one line says it, but for warnings. Programs, and who
// asks for everything, hear all.
type brief struct {
	report.Sink
	o *options
}

// Tell passes on what belongs to it.
func (b brief) Tell(e report.Event) {
	warning, is := e.(report.Warning)
	if is {
		warning.Time = time.Now() // hours may lie between two
		b.Sink.Tell(warning)
	} else if b.o.hearsAll() {
		b.Sink.Tell(e)
	}
}

func (o *options) hearsAll() bool { return o.verbose || o.output == "json" }
