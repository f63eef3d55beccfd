package play

import (
	"context"

	"github.com/plldb/plldb/magefiles/chores/drive"
	"github.com/plldb/plldb/magefiles/chores/python"
)

// byBoto is the stack that boto3 makes of plldb's template.
const byBoto = "by-boto3"

// step is a call of boto3, or a waiter of its.
type step struct {
	service, operation string
	waits              bool // operation is a waiter's name
	params             python.Params
}

// ByWaiters is an Extra: boto3 makes a stack of the template in the bucket, step by step, and deletes it. Each of its own
// waiters ends.
func ByWaiters(_ context.Context, p *Play, o drive.Outcome) error {
	stack := python.Params{"StackName": byBoto}
	set := python.Params{"StackName": byBoto, "ChangeSetName": "first"}
	object := python.Params{"Bucket": p.Bucket(), "Key": o.Functions[0].Key}
	if err := p.walk(
		step{"s3", "bucket_exists", true, python.Params{"Bucket": p.Bucket()}},
		step{"s3", "object_exists", true, object},
		step{"cloudformation", "create_change_set", false, python.Params{
			"StackName": byBoto, "ChangeSetName": "first", "ChangeSetType": "CREATE",
			"TemplateURL": o.TemplateURL, "Capabilities": []string{"CAPABILITY_IAM"},
		}},
		step{"cloudformation", "change_set_create_complete", true, set},
		step{"cloudformation", "execute_change_set", false, set},
		step{"cloudformation", "stack_exists", true, stack},
		step{"cloudformation", "stack_create_complete", true, stack},
	); err != nil {
		return err
	}
	if err := p.awaitParts(); err != nil {
		return err
	}
	answer, err := p.Reader.Ask("cloudformation", "describe_stacks", stack)
	if err != nil {
		return err
	}
	id := python.Params{"StackName": word(answer, "Stacks.0.StackId")}
	return p.walk(
		step{"cloudformation", "delete_stack", false, stack},
		step{"cloudformation", "stack_delete_complete", true, id},
	)
}

// awaitParts waits for a function, a table and a role of the stack.
func (p *Play) awaitParts() error {
	var steps []step
	for _, part := range []struct{ logicalID, service, waiter, param string }{
		{"ConnectFunction", "lambda", "function_exists", "FunctionName"},
		{"ConnectFunction", "lambda", "function_active_v2", "FunctionName"},
		{"ConnectFunction", "lambda", "function_updated_v2", "FunctionName"},
		{"PLLDBSessions", "dynamodb", "table_exists", "TableName"},
		{"PLLDBServiceRole", "iam", "role_exists", "RoleName"},
	} {
		answer, err := p.Reader.Ask("cloudformation", "describe_stack_resource",
			python.Params{"StackName": byBoto, "LogicalResourceId": part.logicalID})
		if err != nil {
			return err
		}
		name := word(answer, "StackResourceDetail.PhysicalResourceId")
		steps = append(steps, step{part.service, part.waiter, true, python.Params{part.param: name}})
	}
	return p.walk(steps...)
}

func (p *Play) walk(steps ...step) error {
	for _, s := range steps {
		ask, what := p.Reader.Ask, "boto3's "+s.service+" "+s.operation
		if s.waits {
			ask, what = p.Reader.Wait, "boto3's waiter "+s.service+" "+s.operation+" ends"
		}
		if _, err := ask(s.service, s.operation, s.params); err != nil {
			return err
		}
		if err := p.passed(what); err != nil {
			return err
		}
	}
	return nil
}
