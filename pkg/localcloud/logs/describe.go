package logs

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

type describeInput struct {
	LogGroupNamePrefix    string  `json:"logGroupNamePrefix"`
	LogGroupNamePattern   string  `json:"logGroupNamePattern"`
	LogGroupClass         string  `json:"logGroupClass"`
	Limit                 *int    `json:"limit"`
	NextToken             *string `json:"nextToken"`
	IncludeLinkedAccounts bool    `json:"includeLinkedAccounts"`
}

type describeOutput struct {
	LogGroups []described `json:"logGroups"`
	NextToken string      `json:"nextToken,omitempty"`
}

// described is a group as it is answered. Nothing filters one, so there are no metric filters.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html
type described struct {
	LogGroupName      string `json:"logGroupName"`
	CreationTime      int64  `json:"creationTime"`
	ARN               string `json:"arn"`
	RetentionInDays   int    `json:"retentionInDays,omitempty"`
	MetricFilterCount *int   `json:"metricFilterCount,omitempty"`
	StoredBytes       *int64 `json:"storedBytes,omitempty"`
	LogGroupClass     string `json:"logGroupClass,omitempty"`
	LogGroupARN       string `json:"logGroupArn,omitempty"`
}

// most is the largest page, and the default one.
const most = 50

// describeLogGroups lists groups in the order of their names' bytes. A list of groups by their identifiers is a
// parameter that is not modelled, and so refused.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html
func (s *Service) describeLogGroups(ctx context.Context, c *wire.Call, in describeInput) (any, error) {
	limit, after, err := in.check()
	if err != nil {
		return nil, err
	}
	out := describeOutput{LogGroups: []described{}}
	p := placeOf(c)
	err = s.read(ctx, func(tx *store.Tx) error {
		store.Each(tx, table, p.At(in.LogGroupNamePrefix), func(_ string, g group) bool {
			if g.Name <= after || !in.wants(g) {
				return true
			}
			if len(out.LogGroups) == limit {
				out.NextToken = base64.StdEncoding.EncodeToString([]byte(out.LogGroups[limit-1].LogGroupName))
				return false
			}
			out.LogGroups = append(out.LogGroups, in.describe(p, g))
			return true
		})
		return nil
	})
	return out, err
}

// check gives the size of the page, and the name after which it begins.
func (in describeInput) check() (limit int, after string, err error) {
	if limit, err = limited(in.Limit, most); err != nil {
		return 0, "", err
	}
	if in.LogGroupNamePrefix != "" && in.LogGroupNamePattern != "" {
		return 0, "", invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	if in.IncludeLinkedAccounts {
		return 0, "", wire.Unmodelled("InvalidParameterException", "linked accounts")
	}
	if in.NextToken != nil {
		name, failed := base64.StdEncoding.DecodeString(*in.NextToken)
		if failed != nil || len(name) == 0 {
			return 0, "", badToken()
		}
		after = string(name)
	}
	return limit, after, nil
}

// limited is the size of a page: the one that is asked for, or the largest.
func limited(asked *int, largest int) (int, error) {
	const wrong = "1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: " +
		"Member must have value "
	switch {
	case asked == nil:
		return largest, nil
	case *asked < 1:
		return 0, invalid(wrong+"greater than or equal to 1", *asked)
	case *asked > largest:
		return 0, invalid(wrong+"less than or equal to %d", *asked, largest)
	}
	return *asked, nil
}

func badToken() error { return invalid("The specified nextToken is invalid.") } // the words are unverified

func (in describeInput) wants(g group) bool {
	return strings.Contains(g.Name, in.LogGroupNamePattern) && (in.LogGroupClass == "" || in.LogGroupClass == standard)
}

// describe leaves out all but three members when groups are searched by a pattern, as AWS says it does.
func (in describeInput) describe(p place, g group) described {
	d := described{LogGroupName: g.Name, CreationTime: g.Created, ARN: p.arn(g.Name) + ":*"}
	if in.LogGroupNamePattern != "" {
		return d
	}
	d.RetentionInDays, d.LogGroupClass, d.LogGroupARN = g.Retention, standard, p.arn(g.Name)
	d.MetricFilterCount, d.StoredBytes = new(int), &g.Bytes
	return d
}
