package drive_test

import (
	"strings"
	"testing"
)

func TestLocalThatEndsBeforeItAnswersSaysWhy(t *testing.T) {
	_, err := plldb(t, `{"type":"outcome","status":"failed","error":{"message":"the port is taken"}}`+"\n", "FAIL=x").
		Local(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the port is taken") || !strings.Contains(err.Error(), "the story") {
		t.Errorf("the error is %v", err)
	}
}

func TestLocalServesUntilItIsInterrupted(t *testing.T) {
	serves := plldb(t, `{"type":"account","region":"r"}
{"type":"serving","endpoint":"http://127.0.0.1:1","webSocket":"ws://127.0.0.1:1/x","region":"eu-west-1"}
`, "SERVE=1")
	l, err := serves.Local(t.Context(), "--state", "x")
	if err != nil {
		t.Fatal(err)
	}
	if l.Endpoint != "http://127.0.0.1:1" || l.WebSocket != "ws://127.0.0.1:1/x" || l.Region != "eu-west-1" {
		t.Errorf("it serves %+v", l)
	}
	o, err := l.Interrupt()
	if err != nil || o.Status != "served" {
		t.Errorf("it ended as %q, %v", o.Status, err)
	}
	if err := l.Kill(); err != nil {
		t.Errorf("killed once it had ended: %v", err)
	}
}

func TestLocalIsKilled(t *testing.T) {
	l, err := plldb(t, `{"type":"serving"}`+"\n", "SERVE=1").Local(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Kill(); err != nil {
		t.Error(err)
	}
}
