package play

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/plldb/plldb/magefiles/chores/drive"
	"github.com/plldb/plldb/magefiles/chores/python"
)

// OnAWS checks what only AWS itself can show: how long a new bucket takes to version, the API and its answer to a
// client, and what the debugger's role may do. It is an Extra.
func OnAWS(ctx context.Context, p *Play, o drive.Outcome) error {
	for _, remark := range o.Remarks {
		if _, err := fmt.Fprintln(p.Out, "said", remark); err != nil {
			return err
		}
	}
	first := fmt.Sprintf("on a bucket just made versioned (trap 44), setup took %v in all", o.Took.Round(time.Second))
	if err := p.passed(first); err != nil {
		return err
	}
	for _, extra := range []func(context.Context, *Play, drive.Outcome) error{API, Live} {
		if err := extra(ctx, p, o); err != nil {
			return err
		}
	}
	if err := p.debugger(ctx, o); err != nil {
		return err
	}
	return p.others(o)
}

// API checks the WebSocket API's settings (R17). It is an Extra, for an AWS that does not take API Gateway's types
// unread.
func API(_ context.Context, p *Play, o drive.Outcome) error {
	in := python.Params{"ApiId": o.Outputs["ApiId"]}
	routes, err := p.Reader.Ask("apigatewayv2", "get_routes", in)
	if err != nil {
		return err
	}
	var keys []any
	for _, route := range sorted(list(routes, "Items"), "RouteKey") {
		keys = append(keys, []any{Dig(route, "RouteKey"), Dig(route, "AuthorizationType")})
	}
	want := []any{[]any{"$connect", "CUSTOM"}, []any{"$default", "NONE"}, []any{"$disconnect", "NONE"}}
	if err := p.same(is{"the API has its three routes, the authorizer on $connect (R17)", want, keys}); err != nil {
		return err
	}
	return p.hold(
		fact{"the API speaks WebSocket (R17)", "apigatewayv2", "get_api", in, "ProtocolType", "WEBSOCKET"},
		fact{
			"its authorizer is a function (R17)", "apigatewayv2", "get_authorizers", in, "Items.0.AuthorizerType", "REQUEST",
		},
		fact{"its stage deploys itself (trap 4)", "apigatewayv2", "get_stages", in, "Items.0.AutoDeploy", true},
	)
}

// debugger checks what the debugger's role lets its bearer do, and what not (R16).
func (p *Play) debugger(ctx context.Context, o drive.Outcome) error {
	var answer any
	err := patiently(ctx, func() (err error) {
		answer, err = p.Reader.Ask("sts", "assume_role", python.Params{
			"RoleArn": o.Outputs["DebuggerRoleArn"], "RoleSessionName": "acceptance",
		})
		return err
	})
	if err != nil {
		return err
	}
	if err := p.passed("who may assume roles here assumes PLLDBDebuggerRole (R16)"); err != nil {
		return err
	}
	who, _ := Dig(answer, "Credentials").(map[string]any)

	table := o.Outputs["SessionsTableName"]
	put := python.Params{"TableName": table, "Item": map[string]any{"SessionId": map[string]string{"S": "acceptance"}}}
	if _, err := p.Reader.AskAs(who, "dynamodb", "put_item", put); err != nil {
		return err
	}
	if err := p.passed("as PLLDBDebuggerRole, a session is written"); err != nil {
		return err
	}
	return p.forbidden(who, table)
}

// forbidden checks what the debugger's role must not do.
func (p *Play) forbidden(who python.Credentials, table string) error {
	for _, f := range []fact{
		{"it may not read the whole table", "dynamodb", "scan", python.Params{"TableName": table}, "", nil},
		{"it may not delete the table", "dynamodb", "delete_table", python.Params{"TableName": table}, "", nil},
		{"it may not see the bucket", "s3", "list_objects_v2", python.Params{"Bucket": p.Bucket()}, "", nil},
		{"it may not see the functions", "lambda", "list_functions", nil, "", nil},
	} {
		if err := p.refused(f.what, who, f, "AccessDenied", "AccessDeniedException"); err != nil {
			return err
		}
	}
	return nil
}

// others checks that the caller cannot assume the roles that do not trust it (R15, R16).
func (p *Play) others(o drive.Outcome) error {
	for _, output := range []string{"ServiceRoleArn", "ManagerRoleArn"} {
		in := python.Params{"RoleArn": o.Outputs[output], "RoleSessionName": "acceptance"}
		f := fact{service: "sts", operation: "assume_role", params: in}
		what := strings.TrimSuffix(output, "Arn") + " cannot be assumed from outside"
		if err := p.refused(what, nil, f, "AccessDenied"); err != nil {
			return err
		}
	}
	return nil
}

// patiently tries again for a minute, at first soon and then every five seconds: roles and stages that were just made
// are not known everywhere at once (trap 7), and logs come late.
func patiently(ctx context.Context, try func() error) error {
	var err error
	for i := range 17 {
		if err = try(); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(min(100*time.Millisecond<<i, 5*time.Second)):
		}
	}
	return err
}
