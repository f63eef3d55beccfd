package cloudformation_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

func TestRefusals(t *testing.T) {
	c := open(t)
	named := proposal("*odd", "first", types.ChangeSetTypeCreate, two)
	_, err := c.CreateChangeSet(c.ctx(), named)
	refused(t, err, "ValidationError", "1 validation error detected: Value '*odd' at 'stackName' failed to satisfy "+
		"constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*")
	for want, spoil := range map[string]func(*cfn.CreateChangeSetInput){
		"at 'changeSetName'": func(in *cfn.CreateChangeSetInput) { in.ChangeSetName = aws.String("1st") },
		"Member must have length less than or equal to 128": func(in *cfn.CreateChangeSetInput) {
			in.StackName = aws.String(strings.Repeat("a", 129))
		},
		"Parameters: [X, Y] do not exist in the template": func(in *cfn.CreateChangeSetInput) {
			in.Parameters = []types.Parameter{{ParameterKey: aws.String("X")}, {ParameterKey: aws.String("Y")}}
		},
		"the parameter ImportExistingResources of CreateChangeSet": func(in *cfn.CreateChangeSetInput) {
			in.ImportExistingResources = aws.Bool(true)
		},
		"the parameter DeploymentConfig of CreateChangeSet": func(in *cfn.CreateChangeSetInput) {
			in.DeploymentConfig = &types.DeploymentConfig{Mode: types.DeploymentConfigModeExpress}
		},
		"nested stacks": func(in *cfn.CreateChangeSetInput) { in.IncludeNestedStacks = aws.Bool(true) },
		"import":        func(in *cfn.CreateChangeSetInput) { in.ChangeSetType = types.ChangeSetTypeImport },
		"Either Template URL or Template Body must be specified.": func(in *cfn.CreateChangeSetInput) {
			in.TemplateBody = nil
		},
		"Template format error": func(in *cfn.CreateChangeSetInput) { in.TemplateBody = aws.String("[]") },
		"less than or equal to 50": func(in *cfn.CreateChangeSetInput) {
			for i := range 51 {
				in.Tags = append(in.Tags, types.Tag{Key: aws.String(fmt.Sprint("k", i)), Value: aws.String("v")})
			}
		},
	} {
		in := proposal("refused", "first", types.ChangeSetTypeCreate, two)
		spoil(in)
		_, err := c.CreateChangeSet(c.ctx(), in)
		refused(t, err, "ValidationError", want)
	}
	in := proposal("refused", "first", types.ChangeSetTypeCreate, resourceOne("", "Text: a"))
	in.Capabilities = nil
	_, err = c.CreateChangeSet(c.ctx(), in)
	refused(t, err, "InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]")
	_, err = c.DescribeStacks(c.ctx(), &cfn.DescribeStacksInput{StackName: aws.String("refused")})
	refused(t, err, "ValidationError", "Stack with id refused does not exist")
	_, err = c.SignalResource(c.ctx(), &cfn.SignalResourceInput{
		StackName: aws.String("x"), LogicalResourceId: aws.String("x"), UniqueId: aws.String("x"), Status: "SUCCESS",
	})
	refused(t, err, "InvalidAction", "Could not find operation SignalResource")
}

// An update that would give a resource another type is refused.
func TestAnotherType(t *testing.T) {
	c := open(t)
	c.create("typed", resourceOne("", "Text: a"))
	text := strings.Replace(resourceOne("", "Text: a"), "Role", "Thing", 1)
	_, err := c.UpdateStack(c.ctx(), &cfn.UpdateStackInput{StackName: aws.String("typed"), TemplateBody: &text})
	refused(t, err, "ValidationError", "Update of resource type is not permitted. The new template modifies "+
		"resource type of the following resources: [One]")
}

// Templates of more than 51 200 bytes come from a bucket.
func TestTrap39LongTemplates(t *testing.T) {
	c := open(t)
	long := "#" + strings.Repeat("x", 60000) + two
	_, err := c.CreateChangeSet(c.ctx(), proposal("long", "first", types.ChangeSetTypeCreate, long))
	refused(t, err, "ValidationError", "at 'templateBody' failed to satisfy constraint: Member must have length less "+
		"than or equal to 51200")
	c.bucket.texts["b/long.yaml?v1"] = long
	c.bucket.texts["b/longer.yaml"] = strings.Repeat("#", 1000001)
	for address, want := range map[string]string{
		"http://127.0.0.1:80/b/long.yaml?versionId=v1":                "",
		"https://b.s3.eu-west-1.amazonaws.com/long.yaml?versionId=v1": "",
		"https://s3.eu-west-1.amazonaws.com/b/long.yaml?versionId=v1": "",
		"https://s3.amazonaws.com/b/long.yaml?versionId=v1":           "",
		"http://b.localhost:4566/long.yaml?versionId=v1":              "",
		"https://b.s3.amazonaws.com/long.yaml?versionId=v2":           "S3 error: The specified version does not exist.",
		"https://b.s3.amazonaws.com/short.yaml":                       "S3 error: The specified key does not exist.",
		"https://denied.s3.amazonaws.com/long.yaml":                   "S3 error: Access Denied",
		"https://b.s3.amazonaws.com/longer.yaml":                      "Template may not exceed 1000000 bytes in size.",
		"https://example.com/b/long.yaml":                             "TemplateURL must be an Amazon S3 URL.",
		"s3://b/long.yaml":                                            "TemplateURL must be a supported URL.",
		"https://s3.amazonaws.com/b":                                  "TemplateURL must reference a valid S3 object",
	} {
		_, err := c.ValidateTemplate(c.ctx(), &cfn.ValidateTemplateInput{TemplateURL: &address})
		if want == "" {
			must(t, 0, err)
		} else {
			refused(t, err, "ValidationError", want)
		}
	}
}

// GetTemplate gives what is not ASCII as question marks.
func TestTrap49QuestionMarks(t *testing.T) {
	c := open(t)
	c.create("ascii", "# Füße\n"+two)
	for _, stage := range []types.TemplateStage{types.TemplateStageOriginal, types.TemplateStageProcessed} {
		out, err := c.GetTemplate(c.ctx(), &cfn.GetTemplateInput{StackName: aws.String("ascii"), TemplateStage: stage})
		if got := *must(t, out, err).TemplateBody; got != "# F??e\n"+two {
			t.Errorf("%s: %q", stage, got)
		}
	}
}
