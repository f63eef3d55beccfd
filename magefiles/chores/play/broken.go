package play

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/plldb/plldb/magefiles/chores/drive"
	"github.com/plldb/plldb/magefiles/chores/python"
)

// Broken makes an Extra: each of the templates in the folder is refused by cfn-lint and by CloudFormation, either at once
// or as a change set that fails.
func Broken(dir string) func(context.Context, *Play, drive.Outcome) error {
	return func(ctx context.Context, p *Play, _ drive.Outcome) error {
		files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
		if err != nil || len(files) < 20 {
			return fmt.Errorf("there are %d broken templates in %s, not twenty: %w", len(files), dir, err)
		}
		for _, file := range files {
			if err := p.broken(ctx, file); err != nil {
				return fmt.Errorf("%s: %w", filepath.Base(file), err)
			}
		}
		return p.walk(step{"cloudformation", "delete_stack", false, python.Params{"StackName": "broken"}})
	}
}

func (p *Play) broken(ctx context.Context, file string) error {
	if err := p.Python.Lint(ctx, file); err == nil {
		return errors.New("cfn-lint finds nothing wrong with it")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	reason, err := p.refusal(string(text), filepath.Base(file))
	if err != nil {
		return err
	}
	return p.passed(fmt.Sprintf("%s is refused, by cfn-lint too: %s", filepath.Base(file), reason))
}

// refusal is why CloudFormation makes no change set of a template.
func (p *Play) refusal(text, name string) (string, error) {
	set := python.Params{"StackName": "broken", "ChangeSetName": "c" + name[:len(name)-len(".yaml")]}
	_, err := p.Reader.Ask("cloudformation", "create_change_set", python.Params{
		"StackName": set["StackName"], "ChangeSetName": set["ChangeSetName"], "ChangeSetType": "CREATE",
		"TemplateBody": text, "Capabilities": []string{"CAPABILITY_IAM"},
	})
	if refusal, ok := errors.AsType[*python.Refusal](err); ok && refusal.Code == "ValidationError" {
		return refusal.Message, nil
	}
	if err != nil {
		return "", err
	}
	_, err = p.Reader.Wait("cloudformation", "change_set_create_complete", set)
	if err == nil {
		return "", errors.New("CloudFormation makes a change set of it")
	}
	answer, err := p.Reader.Ask("cloudformation", "describe_change_set", set)
	return word(answer, "StatusReason"), err
}
