package cloudformation_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

var update = flag.Bool("update", false, "write the golden files")

// requestToken is what differs from run to run.
var requestToken = regexp.MustCompile(`RequestToken: [0-9a-f-]+`)

// golden compares a story with a file.
func golden(t *testing.T, name string, lines []string) {
	t.Helper()
	got := requestToken.ReplaceAllString(strings.Join(lines, "\n"), "RequestToken: TOKEN") + "\n"
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs:\n%s", path, got)
	}
}

const two = `
Resources:
  Base: {Type: AWS::Test::Thing, Properties: {Text: base, Kind: a}}
  Beside: {Type: AWS::Test::Thing, Properties: {Text: beside, Takes: 3}}
  Top: {Type: AWS::Test::Thing, Properties: {Text: !GetAtt Base.Arn}}
Outputs:
  Top: {Value: !Ref Top, Description: the top}
`

// changed: Base is replaced, Top follows, Beside goes, New comes.
const changed = `
Resources:
  Base: {Type: AWS::Test::Thing, Properties: {Text: base, Kind: b}}
  New: {Type: AWS::Test::Thing, DependsOn: Top, Properties: {Text: new}}
  Top: {Type: AWS::Test::Thing, Properties: {Text: !GetAtt Base.Arn}}
Outputs:
  Top: {Value: !Ref Top}
`

func TestLife(t *testing.T) {
	c := open(t)
	st := c.create("life", two)
	if len(st.Outputs) != 1 || *st.Outputs[0].OutputValue != "Top-3" || *st.Outputs[0].Description != "the top" {
		t.Errorf("outputs %v", st.Outputs)
	}
	c.update("life", "second", changed)
	st = c.rests("life", types.StackStatusUpdateComplete)
	if st.StackStatusReason != nil {
		t.Errorf("reason %q", *st.StackStatusReason)
	}
	if left := c.left(); len(left) != 3 || left["Base-4"] == nil || left["Top-3"]["Text"] != "arn:thing/Base-4" {
		t.Errorf("left: %v", left)
	}
	_, err := c.DeleteStack(c.ctx(), &cfn.DeleteStackInput{StackName: aws.String("life")})
	must(t, 0, err)
	c.rests(*st.StackId, types.StackStatusDeleteComplete)
	if left := c.left(); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	golden(t, "life.txt", c.story(*st.StackId))
}
