package play

import (
	"context"
	"errors"
	"fmt"

	"github.com/plldb/plldb/magefiles/chores/python"
)

// management is boto3's name of @connections.
const management = "apigatewaymanagementapi"

// connections checks @connections: what is posted reaches the client, and a connection that is gone is gone.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
func (p *probe) connections(ctx context.Context) error {
	name, told, err := p.introduced(ctx)
	if err != nil {
		return err
	}
	id := word(told, "connectionId")
	if err := p.posted(name, id); err != nil {
		return err
	}
	if err := p.removed(name, id); err != nil {
		return err
	}
	if err := p.disconnected(ctx, "removed", id); err != nil {
		return err
	}
	return p.left(ctx)
}

// posted checks that a message that is posted reaches the client, and what is told of the connection.
func (p *probe) posted(name, id string) error {
	post := python.Params{"ConnectionId": id, "Data": "from outside"}
	if _, err := p.Reader.AskAt(p.manage, management, "post_to_connection", post); err != nil {
		return err
	}
	heard, err := p.client.Receive(name)
	if err != nil {
		return err
	}
	seen, err := p.Reader.AskAt(p.manage, management, "get_connection", python.Params{"ConnectionId": id})
	if err != nil {
		return err
	}
	return p.same(
		is{"post_to_connection reaches the client", "from outside", heard.Said()},
		is{
			"get_connection says since when it is there, when it was last used, and from where",
			[]bool{true, true, true},
			[]bool{
				word(seen, "ConnectedAt") != "", word(seen, "LastActiveAt") != "", word(seen, "Identity.SourceIp") != "",
			},
		},
	)
}

// removed checks that a connection that is removed is closed, and cannot be reached any more.
func (p *probe) removed(name, id string) error {
	one := python.Params{"ConnectionId": id}
	if _, err := p.Reader.AskAt(p.manage, management, "delete_connection", one); err != nil {
		return err
	}
	heard, err := p.client.Receive(name)
	if err != nil {
		return err
	}
	if err := p.same(is{"delete_connection closes it", true, heard.Closed != 0}); err != nil {
		return err
	}
	for _, operation := range []string{"post_to_connection", "get_connection", "delete_connection"} {
		in := python.Params{"ConnectionId": id}
		if operation == "post_to_connection" {
			in["Data"] = "too late"
		}
		_, err := p.Reader.AskAt(p.manage, management, operation, in)
		refusal, ok := errors.AsType[*python.Refusal](err)
		if err != nil && !ok {
			return err
		}
		if !ok || refusal.Code != "GoneException" {
			return differs(operation+" of a connection that is gone", "GoneException", fmt.Sprint(err))
		}
		if err := p.passed(operation + " answers 410 GoneException then"); err != nil {
			return err
		}
	}
	return nil
}

// left checks that $disconnect is called for a client that leaves.
func (p *probe) left(ctx context.Context) error {
	name, told, err := p.introduced(ctx)
	if err != nil {
		return err
	}
	if _, err := p.client.Close(name); err != nil {
		return err
	}
	return p.disconnected(ctx, "closed by its client", word(told, "connectionId"))
}

// disconnected checks, by the function's log, that $disconnect was called once for a connection.
func (p *probe) disconnected(ctx context.Context, how, id string) error {
	answer, err := p.Reader.Ask("cloudformation", "describe_stack_resource",
		python.Params{"StackName": ProbeStack, "LogicalResourceId": "LogGroup"})
	if err != nil {
		return err
	}
	group := word(answer, "StackResourceDetail.PhysicalResourceId")
	var lines []string
	if err := patiently(ctx, func() error {
		lines, err = p.logged(group, "route $disconnect connection "+id)
		if err == nil && len(lines) == 0 {
			err = fmt.Errorf("$disconnect was not called for a connection that was %s: there is no line of it", how)
		}
		return err
	}); err != nil {
		return err
	}
	return p.same(is{"$disconnect was called once for the connection " + how, 1, len(lines)})
}
