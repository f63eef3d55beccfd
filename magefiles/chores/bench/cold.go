package bench

import (
	"context"
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"

	"github.com/plldb/plldb/magefiles/chores/drive"
	"github.com/plldb/plldb/magefiles/chores/play"
	"github.com/plldb/plldb/magefiles/chores/python"
)

// initialized is what Lambda's report says of an event that was a process's first.
var initialized = regexp.MustCompile(`Init Duration: ([0-9.]+) ms`)

// coldStarts calls each function of a plldb local that was just started: how long their processes took to be ready.
func (b *Bench) coldStarts(ctx context.Context, l *drive.Local) ([]float64, error) {
	reader, err := b.Python.Reader(ctx, l.Region, "AWS_ENDPOINT_URL="+l.Endpoint,
		"AWS_ACCESS_KEY_ID="+l.AccessKey, "AWS_SECRET_ACCESS_KEY=test")
	if err != nil {
		return nil, err
	}
	defer reader.Stop()
	listed, err := reader.Ask("lambda", "list_functions", nil)
	if err != nil {
		return nil, err
	}
	all, _ := play.Dig(listed, "Functions").([]any)
	var took []float64
	for _, f := range all {
		one, err := coldStart(reader, play.Dig(f, "FunctionName"))
		if err != nil {
			return nil, fmt.Errorf("calling %v: %w", play.Dig(f, "FunctionName"), err)
		}
		took = append(took, one)
	}
	if len(took) == 0 {
		return nil, fmt.Errorf("plldb local at %s has no functions", l.Endpoint)
	}
	return took, nil
}

func coldStart(reader *python.Reader, function any) (float64, error) {
	answer, err := reader.Ask("lambda", "invoke", python.Params{
		"FunctionName": function, "LogType": "Tail",
		"Payload": `{"methodArn":"arn:aws:execute-api:eu-west-1:000000000000:abcdef/plldb/$connect"}`,
	})
	if err != nil {
		return 0, err
	}
	tail, _ := play.Dig(answer, "LogResult").(string)
	text, err := base64.StdEncoding.DecodeString(tail)
	if err != nil {
		return 0, err
	}
	found := initialized.FindSubmatch(text)
	if found == nil {
		return 0, fmt.Errorf("its log does not say how long its process took to be ready:\n%s", text)
	}
	return strconv.ParseFloat(string(found[1]), 64)
}
