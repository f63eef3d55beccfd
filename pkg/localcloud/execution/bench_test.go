package execution_test

import (
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/execution"
)

func BenchmarkInvoke(b *testing.B) {
	p, _ := linked(b, execution.Config{})
	e := execution.Event{RequestID: "1", Payload: []byte(`{"Do":"nothing"}`)}
	invoke(b, p, does("lambda"), e)
	for b.Loop() {
		invoke(b, p, does("lambda"), e)
	}
}

func BenchmarkColdStart(b *testing.B) {
	p, _ := linked(b, execution.Config{Processes: 1})
	e := execution.Event{RequestID: "1", Payload: []byte(`{"Do":"exit"}`), Tail: true}
	for b.Loop() {
		invoke(b, p, does("lambda"), e)
	}
}
