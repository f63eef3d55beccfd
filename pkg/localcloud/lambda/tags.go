package lambda

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// mostTags is how many tags a function has at most, without AWS's own.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html
const mostTags = 50

// tagged finds the function that a call on tags names, which it does by an ARN.
func (s *Service) tagged(ctx context.Context, c *wire.Call, arn string,
	do func(tx *store.Tx, f *function, now time.Time) (any, error),
) (any, error) {
	if !strings.HasPrefix(arn, "arn:") {
		return nil, unvalidated(arn, "resource", "Member must be the ARN of a function")
	}
	return s.on(ctx, c, arn, do)
}

// https://docs.aws.amazon.com/lambda/latest/api/API_ListTags.html
func (s *Service) listTags(ctx context.Context, c *wire.Call, named map[string]string) (any, error) {
	return s.tagged(ctx, c, named["Resource"], func(_ *store.Tx, f *function, _ time.Time) (any, error) {
		return map[string]any{"Tags": f.AllTags}, nil
	})
}

// https://docs.aws.amazon.com/lambda/latest/api/API_TagResource.html
func (s *Service) tag(ctx context.Context, c *wire.Call, named map[string]string) (any, error) {
	return wire.In(func(ctx context.Context, c *wire.Call, in struct{ Tags map[string]string }) (any, error) {
		return s.tagged(ctx, c, named["Resource"], func(tx *store.Tx, f *function, _ time.Time) (any, error) {
			if err := checkTags(in.Tags); err != nil {
				return nil, err
			}
			if f.AllTags == nil {
				f.AllTags = map[string]string{}
			}
			maps.Copy(f.AllTags, in.Tags)
			if own := f.ownTags(); len(own) > mostTags {
				return nil, invalid("Number of tags exceeds function tag limit of %d", mostTags)
			}
			f.put(tx)
			return nil, nil
		})
	})(ctx, c, c.Body)
}

// checkTags refuses tags that a caller may not set.
func checkTags(tags map[string]string) error {
	if len(tags) == 0 {
		return invalid("Tags must be provided")
	}
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		switch {
		case strings.HasPrefix(name, "aws:"):
			return invalid("System tags cannot be added/updated by requester.")
		case name == "" || len([]rune(name)) > 128 || len([]rune(tags[name])) > 256:
			return unvalidated(tags, "tags", "Map keys must have length between 1 and 128, values up to 256")
		}
	}
	return nil
}

// https://docs.aws.amazon.com/lambda/latest/api/API_UntagResource.html
func (s *Service) untag(ctx context.Context, c *wire.Call, named map[string]string) (any, error) {
	names := c.URL.Query()["tagKeys"]
	if len(names) == 0 {
		return nil, unvalidated("[]", "tagKeys", "Member must not be empty")
	}
	return s.tagged(ctx, c, named["Resource"], func(tx *store.Tx, f *function, _ time.Time) (any, error) {
		maps.DeleteFunc(f.AllTags, func(name, _ string) bool {
			return slices.Contains(names, name) && !strings.HasPrefix(name, "aws:")
		})
		f.put(tx)
		return nil, nil
	})
}

// ownTags are the function's tags that are not of its stack.
func (f *function) ownTags() []tag {
	var own []tag
	for _, name := range slices.Sorted(maps.Keys(f.AllTags)) {
		if !slices.Contains(f.FromStack, name) {
			own = append(own, tag{name, f.AllTags[name]})
		}
	}
	return own
}
