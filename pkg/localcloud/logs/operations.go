package logs

import (
	"context"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// standard is the one class of log groups that is modelled.
const standard = "STANDARD"

type createInput struct {
	LogGroupName              string            `json:"logGroupName"`
	Tags                      map[string]string `json:"tags"`
	LogGroupClass             string            `json:"logGroupClass"`
	DeletionProtectionEnabled bool              `json:"deletionProtectionEnabled"`
}

// createLogGroup makes a group whose events never expire. An encryption key is a parameter that is not modelled, and so
// refused.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
func (s *Service) createLogGroup(ctx context.Context, c *wire.Call, in createInput) (any, error) {
	if in.LogGroupClass != "" && in.LogGroupClass != standard {
		return nil, wire.Unmodelled("InvalidParameterException", "log groups of the class %s", in.LogGroupClass)
	}
	if in.DeletionProtectionEnabled {
		return nil, wire.Unmodelled("InvalidParameterException", "deletion protection of log groups")
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	return s.changeEvents(ctx, func(tx *store.Tx) error {
		return placeOf(c).add(tx, group{Name: in.LogGroupName, Created: s.config.Clock.Now().UnixMilli(), Tags: in.Tags})
	})
}

type nameInput struct {
	LogGroupName string `json:"logGroupName"`
}

// deleteLogGroup removes a group with all that is in it.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogGroup.html
func (s *Service) deleteLogGroup(ctx context.Context, c *wire.Call, in nameInput) (any, error) {
	return s.changeEvents(ctx, func(tx *store.Tx) error {
		g, err := placeOf(c).find(tx, in.LogGroupName)
		if err == nil {
			placeOf(c).remove(tx, g)
		}
		return err
	})
}

type retentionInput struct {
	LogGroupName    string `json:"logGroupName"`
	RetentionInDays *int   `json:"retentionInDays"`
}

// putRetentionPolicy says how long the group's events are kept.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
func (s *Service) putRetentionPolicy(ctx context.Context, c *wire.Call, in retentionInput) (any, error) {
	if in.RetentionInDays == nil {
		return nil, invalid("1 validation error detected: Value null at 'retentionInDays' failed to satisfy constraint: " +
			"Member must not be null")
	}
	if err := checkRetention(*in.RetentionInDays); err != nil {
		return nil, err
	}
	return s.retain(ctx, c, in.LogGroupName, *in.RetentionInDays)
}

// deleteRetentionPolicy lets the group's events be kept for ever.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteRetentionPolicy.html
func (s *Service) deleteRetentionPolicy(ctx context.Context, c *wire.Call, in nameInput) (any, error) {
	return s.retain(ctx, c, in.LogGroupName, 0)
}

func (s *Service) retain(ctx context.Context, c *wire.Call, name string, days int) (any, error) {
	return s.change(ctx, func(tx *store.Tx) error {
		g, err := placeOf(c).find(tx, name)
		if err == nil {
			g.Retention = days
			placeOf(c).put(tx, g)
		}
		return err
	})
}

type tagsInput struct {
	ResourceArn string `json:"resourceArn"`
}

type tagsOutput struct {
	Tags map[string]string `json:"tags"`
}

// listTagsForResource reads the tags of a log group. Its name is the ARN that does not end in ":*"; the other one names
// no resource here (what AWS answers to that is unverified).
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListTagsForResource.html
func (s *Service) listTagsForResource(ctx context.Context, c *wire.Call, in tagsInput) (any, error) {
	name, ok := strings.CutPrefix(in.ResourceArn, placeOf(c).arn(""))
	if !ok {
		return nil, wire.Unmodelled("InvalidParameterException",
			"tags of %q: only log groups of the caller's account and region have any", in.ResourceArn)
	}
	out := tagsOutput{Tags: map[string]string{}}
	err := s.config.Store.Update(ctx, func(tx *store.Tx) error {
		g, err := placeOf(c).find(tx, name)
		if g.Tags != nil {
			out.Tags = g.Tags
		}
		return err
	})
	return out, err
}

// checkTags refuses tags that a caller may not set. Which characters they may have is not checked.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html
func checkTags(tags map[string]string) error {
	if len(tags) > 50 {
		return invalid("1 validation error detected: Value at 'tags' failed to satisfy constraint: " +
			"Member must have length less than or equal to 50")
	}
	for key, value := range tags {
		switch {
		case strings.HasPrefix(key, "aws:"): // the words are unverified
			return invalid("Tag keys starting with 'aws:' are reserved for AWS: %s", key)
		case key == "" || len([]rune(key)) > 128 || len([]rune(value)) > 256:
			return invalid("1 validation error detected: Value at 'tags' failed to satisfy constraint: "+
				"Map keys must have length between 1 and 128, values up to 256: %q", key)
		}
	}
	return nil
}
