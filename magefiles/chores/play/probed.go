package play

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/plldb/plldb/magefiles/chores/node"
	"github.com/plldb/plldb/magefiles/chores/python"
)

// ProbeStack is the stack of the play's own API, whose function tells clients what it is told.
const ProbeStack = "plldb-probe"

//go:embed probe/template.yaml
var probeTemplate string

// Probe is the play's own WebSocket API.
type Probe struct {
	Zip         string // the file of its function's zip
	Rate, Burst int    // of its stage's throttle
	Many        bool   // whether a thousand connections are opened: that asks more of an account than a new one has
}

// ProbeBucket is where the probe's code lies while it is there.
func (p *Play) ProbeBucket() string { return ProbeStack + "-" + p.Region + "-" + p.Account }

// probed makes the probe, talks to it, and takes it away, whatever comes.
func (l *live) probed(ctx context.Context) error {
	err := l.makeProbe()
	if err == nil {
		err = l.talkToProbe(ctx)
	}
	if err != nil {
		return errors.Join(err, l.removeProbe()) // what was not made may be missing there, and is told too
	}
	return l.removeProbe()
}

// makeProbe uploads the function and makes the stack.
func (l *live) makeProbe() error {
	bucket := python.Params{"Bucket": l.ProbeBucket()}
	made := python.Params{"Bucket": l.ProbeBucket()}
	if l.Region != "us-east-1" { // trap 2
		made["CreateBucketConfiguration"] = map[string]string{"LocationConstraint": l.Region}
	}
	template := strings.NewReplacer(
		"$BUCKET$", l.ProbeBucket(), "$RATE$", fmt.Sprint(l.Probe.Rate), "$BURST$", fmt.Sprint(l.Probe.Burst),
	).Replace(probeTemplate)
	return l.walk(
		step{"s3", "create_bucket", false, made},
		step{"s3", "bucket_exists", true, bucket},
		step{"s3", "put_object", false, python.Params{
			"Bucket": l.ProbeBucket(), "Key": "probe.zip", "Body": python.File(l.Probe.Zip),
		}},
		step{"cloudformation", "create_stack", false, python.Params{
			"StackName": ProbeStack, "TemplateBody": template, "Capabilities": []string{"CAPABILITY_IAM"},
		}},
		step{"cloudformation", "stack_create_complete", true, python.Params{"StackName": ProbeStack}},
	)
}

// removeProbe takes the stack and the bucket away.
func (l *live) removeProbe() error {
	return errors.Join(l.removeProbeStack(), l.walk(
		step{"s3", "delete_object", false, python.Params{"Bucket": l.ProbeBucket(), "Key": "probe.zip"}},
		step{"s3", "delete_bucket", false, python.Params{"Bucket": l.ProbeBucket()}},
	))
}

func (l *live) removeProbeStack() error {
	answer, err := l.Reader.Ask("cloudformation", "describe_stacks", python.Params{"StackName": ProbeStack})
	if err != nil {
		return err
	}
	id := python.Params{"StackName": word(answer, "Stacks.0.StackId")}
	return l.walk(
		step{"cloudformation", "delete_stack", false, id},
		step{"cloudformation", "stack_delete_complete", true, id},
	)
}

func (l *live) talkToProbe(ctx context.Context) error {
	outputs, err := l.outputs(ProbeStack)
	if err != nil {
		return err
	}
	pr := &probe{live: l, url: l.address(outputs["WebSocketUrl"]), manage: l.address(outputs["ConnectionsUrl"])}
	for _, act := range []func(context.Context) error{
		pr.admission, pr.subprotocol, pr.routes, pr.failures, pr.order, pr.connections, pr.many,
	} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	return nil
}

// probe is the API while it is there.
type probe struct {
	*live
	url, manage string
}

// as is the URL with the word that the authorizer wants.
func (p *probe) as(word string) string { return p.url + "?pass=" + word }

// admission checks who is let in.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
func (p *probe) admission(ctx context.Context) error {
	name, err := p.dial(ctx, p.as("Ann")) // patiently, so that the others are refused for what they are
	if err != nil {
		return err
	}
	if _, err := p.client.Close(name); err != nil {
		return err
	}
	for _, one := range []struct {
		what, url string
		status    int
	}{
		{"without the identity source 401 is answered", p.url, 401},
		{"whom the authorizer denies, 403", p.as("deny"), 403},
		{"where the authorizer fails, 500", p.as("break"), 500},
	} {
		opened, err := p.client.Connect("refused", one.url, node.Options{})
		if err != nil {
			return err
		}
		if err := p.same(is{one.what, one.status, opened.Status}); err != nil {
			return err
		}
	}
	return nil
}

// subprotocol checks that $connect's answer is the client's.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-connect-route-subprotocol.html
func (p *probe) subprotocol(context.Context) error {
	wrong, err := p.client.Connect("refused", p.as("Ann"), node.Options{Protocols: []string{"other"}})
	if err != nil {
		return err
	}
	right, err := p.client.Connect("subprotocol", p.as("Ann"), node.Options{Protocols: []string{"probe"}})
	if err != nil {
		return err
	}
	if err := p.same(
		is{"$connect's 400 is the client's", 400, wrong.Status},
		is{"the subprotocol that $connect names is the client's", []any{101, "probe"}, []any{right.Status, right.Protocol}},
	); err != nil {
		return err
	}
	_, err = p.client.Close("subprotocol")
	return err
}

// routes checks which function gets a message, with what, and whose answer is heard (trap 53).
func (p *probe) routes(ctx context.Context) error {
	name, told, err := p.introduced(ctx)
	if err != nil {
		return err
	}
	if err := p.client.Send(name, `{"action":"silent"}`); err != nil {
		return err
	}
	after, err := p.answer(name, "after")
	if err != nil {
		return err
	}
	if err := p.same(
		is{"the message's action selects the route", []any{"whoami", "MESSAGE", "probe"}, []any{
			Dig(told, "routeKey"), Dig(told, "eventType"), Dig(told, "stage"),
		}},
		is{"the authorizer's context is handed to every route (trap 5)", "Ann", Dig(told, "authorizer.who")},
		is{"a route without a RouteResponse answers nobody (trap 53)", "after", after},
	); err != nil {
		return err
	}
	_, err = p.client.Close(name)
	return err
}

// introduced is a connection of Ann's, and what the function is told about it.
func (p *probe) introduced(ctx context.Context) (name string, told any, err error) {
	if name, err = p.dial(ctx, p.as("Ann")); err != nil {
		return "", nil, err
	}
	told, err = p.whoami(name)
	return name, told, err
}

// whoami is what the function is told about the connection.
func (p *probe) whoami(name string) (told any, err error) {
	said, err := p.answer(name, `{"action":"whoami"}`)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(said), &told); err != nil {
		return nil, fmt.Errorf("the function told %q: %w", said, err)
	}
	return told, nil
}

// failures checks what a client hears of functions that fail, and that its connection stays.
func (p *probe) failures(ctx context.Context) error {
	name, told, err := p.introduced(ctx)
	if err != nil {
		return err
	}
	for _, one := range []struct{ what, message string }{
		{"a function that may not be called: the client hears of an internal error", `{"action":"stranger"}`},
		{"a function that raises an error: the same", "raise"},
		{"a function that ends itself: the same", "crash"},
	} {
		said, err := p.answer(name, one.message)
		if err != nil {
			return err
		}
		var heard any
		_ = json.Unmarshal([]byte(said), &heard) // what is no JSON has no message
		if err := p.same(is{
			one.what,
			[]any{"Internal server error", Dig(told, "connectionId")},
			[]any{Dig(heard, "message"), Dig(heard, "connectionId")},
		}); err != nil {
			return err
		}
	}
	if err := p.answered("the connection outlives them all", name, "still here", "still here"); err != nil {
		return err
	}
	_, err = p.client.Close(name)
	return err
}

// order checks that messages on a connection are answered in their order. Whether AWS promises that is unverified.
func (p *probe) order(context.Context) error {
	load, err := p.client.Load(p.as("order"), 1, 200)
	if err != nil {
		return err
	}
	return p.same(is{
		"200 messages on a connection: all are answered, in order", node.Load{Opened: 1, Open: 1, Answers: 200}, bare(load),
	})
}

// many checks a thousand connections, open together.
func (p *probe) many(context.Context) error {
	if !p.Probe.Many {
		return nil
	}
	load, err := p.client.Load(p.as("many"), 1000, 10)
	if err != nil {
		return err
	}
	return p.same(is{
		"1000 connections open together, 10000 messages: none lost, none out of order",
		node.Load{Opened: 1000, Open: 1000, Answers: 10000},
		bare(load),
	})
}

// bare leaves out maps that are empty.
func bare(l node.Load) node.Load {
	if len(l.Refused) == 0 {
		l.Refused = nil
	}
	if len(l.Instead) == 0 {
		l.Instead = nil
	}
	return l
}
