package cloudformation

import (
	"fmt"
	"sync"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/cloudformation/template"
	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
)

// world is what a template's intrinsics see of a stack: the resources that are there.
type world struct{ st *stack }

// Ref is a resource's physical id.
func (w world) Ref(id string) (string, bool) {
	r, ok := w.st.Resources[id]
	if !ok || r.Physical == "" {
		return "", false
	}
	return r.Physical, true
}

// Attribute is what Fn::GetAtt gives.
func (w world) Attribute(id, name string) (any, bool) {
	r, ok := w.st.Resources[id]
	if !ok {
		return nil, false
	}
	value, ok := r.Attributes[name]
	return value, ok
}

// Pseudo is a pseudo parameter.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
func (w world) Pseudo(name string) (string, bool) {
	switch name {
	case "AWS::AccountId":
		return w.st.Account, true
	case "AWS::Partition":
		return w.st.Partition, true
	case "AWS::Region":
		return w.st.Region, true
	case "AWS::StackId":
		return w.st.arn(), true
	case "AWS::StackName":
		return w.st.Name, true
	case "AWS::URLSuffix":
		return suffix(w.st.Partition), true
	}
	return "", false
}

// suffix is the end of the names of a partition's endpoints.
func suffix(partition string) string {
	switch partition {
	case "aws-cn":
		return "amazonaws.com.cn"
	case "aws-eusc":
		return "amazonaws.eu"
	}
	return "amazonaws.com"
}

// parsed are the templates that were read lately, by their ids, which never mean another text.
type parsed struct {
	mu    sync.Mutex
	known map[string]*template.Template
}

const remembered = 32

func (p *parsed) get(id string, read func() (*template.Template, error)) (*template.Template, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t, ok := p.known[id]; ok {
		return t, nil
	}
	t, err := read()
	if err != nil {
		return nil, err
	}
	if p.known == nil || len(p.known) >= remembered {
		p.known = map[string]*template.Template{}
	}
	p.known[id] = t
	return t, nil
}

// template is one that was kept. It was good when it came; whoever reads it now may be a plldb that knows less.
func (w *work) template(st *stack, id string) (*template.Template, error) {
	return w.s.templates.get(id, func() (*template.Template, error) {
		t, err := template.Parse(w.text(st, id), w.s.config.Types)
		if err != nil {
			return nil, fmt.Errorf("plldb's local cloud cannot read a template of the stack %s any more: %w", st.Name,
				words(err))
		}
		return t, nil
	})
}

// handler is what makes resources of a type.
func (w *work) handler(name string) resource.Handler {
	if typ, ok := w.s.config.Types[name]; ok {
		return typ.Handler
	}
	return strange{name}
}

// strange is the handler of a type that another plldb knew.
type strange struct{ name string }

func (s strange) no() error {
	return resource.Errorf(resource.InvalidRequest, "plldb's local cloud does not model the resource type %s", s.name)
}

func (s strange) Create(*store.Tx, resource.Input) (resource.Made, error) {
	return resource.Made{}, s.no()
}

func (s strange) Update(*store.Tx, resource.Input) (resource.Made, error) {
	return resource.Made{}, s.no()
}
func (s strange) Delete(*store.Tx, resource.Input) (time.Duration, error) { return 0, s.no() }
func (s strange) Read(*store.Tx, resource.Input) (map[string]any, error)  { return nil, s.no() }
