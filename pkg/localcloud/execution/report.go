package execution

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// logbook is an environment's log stream. One goroutine writes at a time: the reader of its process's output, or the
// environment's own while it has no process.
type logbook struct {
	pool   *Pool
	of     Function
	stream string
	job    *job // whose lines these are
}

// say logs one event of CloudWatch Logs.
func (l *logbook) say(text string) {
	if l.job != nil {
		l.job.log.add(text)
	}
	if l.pool.config.Log != nil {
		l.pool.config.Log(l.of, l.stream, l.pool.now(), text)
	}
}

// start is the line before an event's. The lines and their fields are those of
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html, tabs as in DataBiosphere/azul#5622.
func (l *logbook) start(j *job) {
	l.job = j
	l.say("START RequestId: " + j.RequestID + " Version: " + l.of.Version)
}

// failed is the line of an event that its process did not survive. That page's newest examples leave it out, and have
// the status in the REPORT line alone; logs of 2025 still have it (ed-roh/learning-management#9). Both are here.
func (l *logbook) failed(j *job, why *failure) {
	switch {
	case why.status == "timeout":
		l.say(l.pool.now().UTC().Format("2006-01-02T15:04:05.000Z") + " " + j.RequestID + " " + why.message)
	case why.payload == nil:
		l.say(why.text(j.RequestID) + "\n" + why.kind)
	}
}

// end is the last two lines of an event.
func (l *logbook) end(j *job, now time.Time, memory int, why *failure) {
	l.say("END RequestId: " + j.RequestID)
	took := now.Sub(j.started)
	fields := []string{
		"REPORT RequestId: " + j.RequestID,
		fmt.Sprintf("Duration: %.2f ms", milliseconds(took)),
		// Starting is billed too (https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/).
		fmt.Sprintf("Billed Duration: %.0f ms", math.Ceil(milliseconds(took+j.cold))),
		fmt.Sprintf("Memory Size: %d MB", l.of.Memory),
	}
	if memory > 0 {
		fields = append(fields, fmt.Sprintf("Max Memory Used: %d MB", memory))
	}
	if j.cold > 0 {
		fields = append(fields, fmt.Sprintf("Init Duration: %.2f ms", milliseconds(j.cold)))
	}
	l.say(strings.Join(append(fields, why.fields()...), "\t"))
	l.job = nil
}

// initReport is the line of a start that failed (cargo-lambda/cargo-lambda#572).
func (l *logbook) initReport(took time.Duration, phase string, why *failure) {
	fields := []string{
		fmt.Sprintf("INIT_REPORT Init Duration: %.2f ms", milliseconds(took)),
		"Phase: " + phase,
	}
	l.say(strings.Join(append(fields, why.fields()...), "\t"))
}

// fields is how a REPORT line tells of a failure; nil is none.
func (f *failure) fields() []string {
	switch {
	case f == nil:
		return nil
	case f.status == "timeout":
		return []string{"Status: timeout"}
	default:
		return []string{"Status: error", "Error Type: " + f.kind}
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
