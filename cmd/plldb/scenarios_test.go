package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

const bucket = "plldb-core-infrastructure-" + region + "-" + accountID

// scenarios are what serve can play, by name; op is the operation that serve names, if any. Each changes a cloud that
// is an empty account at first.
func scenarios() map[string]func(c *cloud, op string) error {
	return map[string]func(*cloud, string) error{
		"account":       (*cloud).heal,
		"goes-on":       (*cloud).goOn,
		"silent":        call(silent),
		"denied":        call(denied),
		"expired":       call(func(string) localcloud.Fault { return localcloud.Fault{Refuse: expired()} }),
		"expires-after": call(expiresAfter),
		"not-enabled": call(func(string) localcloud.Fault {
			return localcloud.Fault{Service: "sts", Refuse: wire.Errorf(http.StatusForbidden, "InvalidClientTokenId",
				"The security token included in the request is invalid.")}
		}),
		"stuck":   thing(localcloud.ResourceFault{LogicalID: "Hello", Stall: true}),
		"failing": thing(localcloud.ResourceFault{LogicalID: "Hello", Fail: "Memory is too small"}),
		"taken":   (*cloud).take,
		"removed": (*cloud).remove,
		"foreign": func(c *cloud, _ string) error { return c.make("") },
		"newer": func(c *cloud, _ string) error {
			ours := types.Tag{Key: aws.String("plldb:stack"), Value: aws.String("bootstrap")}
			return c.make("Outputs:\n  Version:\n    Value: 9.9.9\n", ours)
		},
	}
}

// heal takes away everything that goes wrong.
func (c *cloud) heal(string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	lift(&c.calls)
	lift(&c.things)
	return nil
}

// goOn is heal, but what a stack waits for comes only when somebody has looked at the stack's events.
func (c *cloud) goOn(string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	lift(&c.calls)
	c.goesOn = true
	return nil
}

// call lets something go wrong with the binary's calls.
func call(wrong func(op string) localcloud.Fault) func(*cloud, string) error {
	return func(c *cloud, op string) error {
		fault := wrong(op)
		match := fault.Match
		fault.Match = func(in *wire.Call) bool { return fromScript(in) && (match == nil || match(in)) }
		lift := c.Faults().Call(fault)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.calls = append(c.calls, lift)
		return nil
	}
}

// thing lets something go wrong with a resource.
func thing(fault localcloud.ResourceFault) func(*cloud, string) error {
	return func(c *cloud, _ string) error {
		lift := c.Faults().Resource(fault)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.things = append(c.things, lift)
		return nil
	}
}

// silent has no answer and no effect, also once it is over.
func silent(op string) localcloud.Fault {
	return localcloud.Fault{Operation: op, Stall: true, Drop: true}
}

func denied(op string) localcloud.Fault {
	return localcloud.Fault{Operation: op, Refuse: wire.Errorf(http.StatusForbidden, "AccessDenied",
		"User: arn:aws:iam::%s:user/plldb is not authorized to perform this", accountID)}
}

func expired() *wire.Error {
	return wire.Errorf(http.StatusForbidden, "ExpiredToken", "The security token included in the request is expired")
}

// expiresAfter lets op pass once, and nothing after it.
func expiresAfter(op string) localcloud.Fault {
	over := false
	return localcloud.Fault{Refuse: expired(), Match: func(in *wire.Call) bool {
		was := over
		over = over || in.Operation == op
		return was
	}}
}

// take gives the bucket's name to another account.
func (c *cloud) take(string) error {
	_, err := c.s3(otherKey).CreateBucket(context.Background(), &s3.CreateBucketInput{
		Bucket:                    aws.String(bucket),
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: region},
	})
	return err
}

// remove takes a function away past CloudFormation.
func (c *cloud) remove(logicalID string) error {
	client := cloudformation.NewFromConfig(c.as(testsKey))
	found, err := client.DescribeStackResource(context.Background(), &cloudformation.DescribeStackResourceInput{
		StackName: aws.String("plldb"), LogicalResourceId: &logicalID,
	})
	if err != nil {
		return err
	}
	name := aws.ToString(found.StackResourceDetail.PhysicalResourceId)
	request, err := http.NewRequest(http.MethodDelete, c.url+"/2015-03-31/functions/"+name, nil) //nolint:noctx // it is near
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+testsKey+"/20261121/"+region+
		"/lambda/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		return fmt.Errorf("deleting the function %s: %s", name, answer.Status)
	}
	return nil
}

func (c *cloud) s3(key string) *s3.Client {
	return s3.NewFromConfig(c.as(key), func(o *s3.Options) { o.UsePathStyle = true })
}

// make puts a stack called plldb in the place of the one that there is.
func (c *cloud) make(outputs string, tags ...types.Tag) error {
	client, name := cloudformation.NewFromConfig(c.as(testsKey)), aws.String("plldb")
	if _, err := client.DeleteStack(context.Background(), &cloudformation.DeleteStackInput{StackName: name}); err != nil {
		return err
	}
	_, err := client.CreateStack(context.Background(), &cloudformation.CreateStackInput{
		StackName: name, Tags: tags,
		TemplateBody: aws.String("Resources:\n  Log:\n    Type: AWS::Logs::LogGroup\n" + outputs),
	})
	return err
}
