package play

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// invoked checks that AWS's command line calls a function, and shows its answer, its error and its log.
func (l *live) invoked(ctx context.Context) error {
	function, err := l.Physical("AuthorizeFunction")
	if err != nil {
		return err
	}
	const method = "arn:aws:execute-api:eu-west-1:000000000000:abcdef/plldb/$connect"
	well, err := l.invoke(ctx, function, `{"methodArn":"`+method+`"}`)
	if err != nil {
		return err
	}
	ill, err := l.invoke(ctx, function, `{}`)
	if err != nil {
		return err
	}
	return l.same(
		is{"aws lambda invoke: 200, by $LATEST, without an error", []any{200, "$LATEST", nil}, []any{
			Dig(well.said, "StatusCode"), Dig(well.said, "ExecutedVersion"), Dig(well.said, "FunctionError"),
		}},
		is{"the authorizer's answer is the payload", method, Dig(well.payload, "policyDocument.Statement.0.Resource.0")},
		is{"the log's tail ends with Lambda's report", true, strings.Contains(well.log, "\nREPORT RequestId: ")},
		is{"a function's error is told as one", []any{200, "Unhandled"}, []any{
			Dig(ill.said, "StatusCode"), Dig(ill.said, "FunctionError"),
		}},
		is{"with its words", "the authorizer's event has no methodArn", Dig(ill.payload, "errorMessage")},
	)
}

// invocation is what a call of a function gave.
type invocation struct {
	said    any // by AWS's command line
	payload any
	log     string
}

func (l *live) invoke(ctx context.Context, function, payload string) (i invocation, err error) {
	in, out := filepath.Join(l.Folder, "payload.json"), filepath.Join(l.Folder, "answer.json")
	if err := os.WriteFile(in, []byte(payload), 0o600); err != nil {
		return i, err
	}
	said, err := l.CLI.run(ctx, "lambda", "invoke", "--function-name", function, "--payload", "fileb://"+in,
		"--log-type", "Tail", "--output", "json", out)
	if err != nil {
		return i, err
	}
	answer, err := os.ReadFile(out)
	if err != nil {
		return i, err
	}
	if err := json.Unmarshal(said, &i.said); err != nil {
		return i, err
	}
	if err := json.Unmarshal(answer, &i.payload); err != nil {
		return i, err
	}
	tail, err := base64.StdEncoding.DecodeString(word(i.said, "LogResult"))
	i.log = "\n" + string(tail)
	return i, err
}
