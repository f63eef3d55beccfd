package play

import (
	"context"
	"os"
	"path/filepath"

	"github.com/plldb/plldb/magefiles/chores/child"
	"github.com/plldb/plldb/magefiles/chores/python"
	"github.com/plldb/plldb/pkg/artifact"
)

// deployByMage goes through the maintainers' two doors (R6): they find what the binary made, change nothing, and leave
// the zips and the template in dist.
func (p *Play) deployByMage(ctx context.Context) error {
	if err := p.count(); err != nil {
		return err
	}
	for _, door := range [][]string{{"tool", "mage", "deploy"}, {"run", "magefile.go", "deploy"}} {
		cmd := child.Command(ctx, "go", door...)
		cmd.Dir, cmd.Env = p.Source.Dir, p.Source.Env
		if _, err := child.Output(cmd); err != nil {
			return err
		}
		if err := p.nothingNew(); err != nil {
			return err
		}
	}
	return p.dist()
}

// dist checks what the targets leave.
func (p *Play) dist() error {
	dist := filepath.Join(p.Source.Dir, "dist")
	zips := map[string]string{}
	for _, name := range handlers() {
		zip, err := os.ReadFile(filepath.Join(dist, "lambda_functions", name+".zip"))
		if err != nil {
			return err
		}
		zips[name] = artifact.DigestOf(zip).String()
	}
	template, err := os.ReadFile(filepath.Join(dist, "template.yaml"))
	if err != nil {
		return err
	}
	answer, err := p.Reader.Ask("s3", "get_object", python.Params{
		"Bucket": p.Bucket(), "Key": artifact.TemplateKey(p.done.Version),
	})
	if err != nil {
		return err
	}

	return p.same(
		is{"dist/lambda_functions holds the same zips", digests(p.done), zips},
		is{"dist/template.yaml is the bucket's", word(answer, "Body"), string(template)},
	)
}
