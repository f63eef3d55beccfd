package main

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const stackID = "arn:aws:cloudformation:eu-west-1:" + accountID + ":stack/plldb/1"

// stackState is the stack that this account can have.
type stackState struct {
	status   string   // "" where there never was one
	then     []string // the states it goes on to, one each time that it was looked at
	template string
	proposed string // the template of the change set
	tag      bool   // plldb's own, plldb:stack = bootstrap
	version  string // of the plldb that made it
	events   []event
}

type event struct{ resource, kind, status, reason string }

func (c *cloud) playCloudFormation(plays map[string]func(call) reply) {
	plays["DescribeStacks"] = c.describeStacks
	plays["GetTemplate"] = c.there(func(call) reply {
		return result("GetTemplate", "<TemplateBody>"+html.EscapeString(c.stack.template)+"</TemplateBody>")
	})
	plays["CreateChangeSet"] = c.createChangeSet
	plays["DescribeChangeSet"] = c.there(func(call) reply {
		return result("DescribeChangeSet", "<Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus>")
	})
	plays["ExecuteChangeSet"] = c.there(func(call) reply {
		verb := map[bool]string{true: "CREATE", false: "UPDATE"}[c.stack.status == "REVIEW_IN_PROGRESS"]
		c.stack.template, c.stack.version = c.stack.proposed, "0.1.0"
		c.begin(verb, verb+"_COMPLETE")
		return result("ExecuteChangeSet", "")
	})
	plays["DeleteChangeSet"] = c.there(func(call) reply { return result("DeleteChangeSet", "") })
	plays["DeleteStack"] = c.there(func(call) reply {
		c.begin("DELETE", "DELETE_COMPLETE")
		if len(c.stack.template) == 0 { // nothing was ever in it
			c.stack = stackState{}
		}
		return result("DeleteStack", "")
	})
	plays["DescribeStackEvents"] = c.describeEvents
}

// there answers that there is no stack as long as there is none.
func (c *cloud) there(play func(call) reply) func(call) reply {
	return func(in call) reply {
		name := in.form.Get("StackName")
		if c.stack.status == "" || name == "plldb" && c.stack.status == "DELETE_COMPLETE" {
			return fail(http.StatusBadRequest, "ValidationError", "Stack with id "+name+" does not exist")
		}
		return play(in)
	}
}

// begin starts an operation, which goes on each time that the stack is looked at.
func (c *cloud) begin(verb, end string) {
	c.stack.then = []string{end}
	switch {
	case c.stuck:
		c.stack.then = nil
	case c.failing:
		c.stack.then = []string{"ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"}
	}
	c.become(verb + "_IN_PROGRESS")
}

// become puts the stack into a state, with the events that tell of it.
func (c *cloud) become(status string) {
	const function = "AWS::Lambda::Function"
	switch {
	case status == "ROLLBACK_IN_PROGRESS":
		c.stack.events = append(c.stack.events, event{"Hello", function, "CREATE_FAILED", "Memory is too small"})
	case strings.HasSuffix(status, "_COMPLETE") && status != "ROLLBACK_COMPLETE":
		c.stack.events = append(c.stack.events, event{"Hello", function, status, ""})
	}
	c.stack.status = status
	c.stack.events = append(c.stack.events, event{"plldb", "AWS::CloudFormation::Stack", status, ""})
}

func (c *cloud) describeStacks(in call) reply {
	return c.there(func(call) reply {
		var b strings.Builder
		fmt.Fprintf(&b, "<StackName>plldb</StackName><StackId>%s</StackId><StackStatus>%s</StackStatus>",
			stackID, c.stack.status)
		if c.stack.tag {
			b.WriteString("<Tags><member><Key>plldb:stack</Key><Value>bootstrap</Value></member></Tags>")
		}
		if c.stack.version != "" {
			fmt.Fprintf(&b, "<Outputs><member><OutputKey>Version</OutputKey><OutputValue>%s</OutputValue></member></Outputs>",
				c.stack.version)
		}
		if len(c.stack.then) > 0 {
			next := c.stack.then[0]
			c.stack.then = c.stack.then[1:]
			c.become(next)
		}
		return result("DescribeStacks", "<Stacks><member>"+b.String()+"</member></Stacks>")
	})(in)
}

// createChangeSet reads the template where its URL says, as CloudFormation does: by key and version.
func (c *cloud) createChangeSet(in call) reply {
	at, err := url.Parse(in.form.Get("TemplateURL"))
	if err != nil {
		return fail(http.StatusBadRequest, "ValidationError", "S3 error: The URL is not one.")
	}
	_, key, _ := strings.Cut(strings.TrimPrefix(at.Path, "/"), "/")
	template, ok := c.find(key, at.Query().Get("versionId"))
	if !ok {
		return fail(http.StatusBadRequest, "ValidationError", "S3 error: The specified key does not exist.")
	}
	if c.stack.status == "" || c.stack.status == "DELETE_COMPLETE" {
		c.stack = stackState{status: "REVIEW_IN_PROGRESS"}
	}
	c.stack.proposed = template.body
	c.stack.tag = in.form.Get("Tags.member.1.Key") == "plldb:stack" && in.form.Get("Tags.member.1.Value") == "bootstrap"
	return result("CreateChangeSet", "<Id>arn:change-set</Id><StackId>"+stackID+"</StackId>")
}

func (c *cloud) describeEvents(in call) reply {
	return c.there(func(call) reply {
		var b strings.Builder
		for i, e := range slices.Backward(c.stack.events) {
			physical := e.resource + "-1"
			if e.resource == "plldb" {
				physical = stackID
			}
			fmt.Fprintf(&b, "<member><EventId>%d</EventId><StackId>%s</StackId><StackName>plldb</StackName>"+
				"<LogicalResourceId>%s</LogicalResourceId><PhysicalResourceId>%s</PhysicalResourceId>"+
				"<ResourceType>%s</ResourceType><ResourceStatus>%s</ResourceStatus><ResourceStatusReason>%s</ResourceStatusReason>"+
				"<Timestamp>2026-01-02T03:04:%02dZ</Timestamp></member>",
				i, stackID, e.resource, physical, e.kind, e.status, e.reason, i)
		}
		return result("DescribeStackEvents", "<StackEvents>"+b.String()+"</StackEvents>")
	})(in)
}
