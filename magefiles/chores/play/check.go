package play

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/plldb/plldb/magefiles/chores/python"
)

// fact is one thing that must be true of the account: what boto3's operation answers at the path.
type fact struct {
	what               string
	service, operation string
	params             python.Params
	path               string // names and indexes with dots between; "" for the whole answer
	want               any
}

// hold checks facts in their order.
func (p *Play) hold(facts ...fact) error {
	for _, f := range facts {
		answer, err := p.Reader.Ask(f.service, f.operation, f.params)
		if err != nil {
			return fmt.Errorf("%s: %w", f.what, err)
		}
		if err := p.same(is{f.what, f.want, Dig(answer, f.path)}); err != nil {
			return err
		}
	}
	return nil
}

// refused checks that an operation is refused, with one of the codes.
func (p *Play) refused(what string, who python.Credentials, f fact, codes ...string) error {
	answer, err := p.Reader.AskAs(who, f.service, f.operation, f.params)
	if refusal, ok := errors.AsType[*python.Refusal](err); ok {
		for _, code := range codes {
			if refusal.Code == code {
				return p.passed(what)
			}
		}
		return differs(what, codes, refusal.Code+": "+refusal.Message)
	}
	if err != nil {
		return err
	}
	return differs(what, codes, answer)
}

// is is one comparison: both values have the same JSON.
type is struct {
	what      string
	want, got any
}

// same checks comparisons in their order.
func (p *Play) same(all ...is) error {
	for _, one := range all {
		if !reflect.DeepEqual(plain(one.want), plain(one.got)) {
			return differs(one.what, one.want, one.got)
		}
		if err := p.passed(one.what); err != nil {
			return err
		}
	}
	return nil
}

// passed prints the line of a check that held. Its error is the stream's.
func (p *Play) passed(what string) error {
	p.checks++
	_, err := fmt.Fprintf(p.Out, "ok   %-10s %s\n", p.act, what)
	return err
}

func differs(what string, want, got any) error {
	return fmt.Errorf("%s:\n  expected %s\n  saw      %s", what, text(want), text(got))
}

// Dig follows names and indexes, with dots between them, into a JSON value. What is not there is nil.
func Dig(value any, path string) any {
	if path == "" {
		return value
	}
	for step := range strings.SplitSeq(path, ".") {
		switch inner := value.(type) {
		case map[string]any:
			value = inner[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(inner) {
				return nil
			}
			value = inner[i]
		default:
			return nil
		}
	}
	return value
}

// plain is the value as JSON gives it back, so that numbers, lists and names compare whatever their Go types.
func plain(value any) any {
	var back any
	_ = json.Unmarshal([]byte(text(value)), &back)
	return back
}

func text(value any) string {
	b, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(b)
}

// list gives the value at the path as a list; what is not there is an empty one.
func list(value any, path string) []any {
	l, _ := Dig(value, path).([]any)
	return l
}

// word gives the value at the path as text; what is not there, or is no text, is "".
func word(value any, path string) string {
	s, _ := Dig(value, path).(string)
	return s
}
