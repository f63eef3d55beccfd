package logs

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// typeName is the type of a log group in templates.
const typeName = "AWS::Logs::LogGroup"

// How long CloudFormation takes. Unverified figures: event logs in public issue threads (tradle/mycloud#26,
// aws-samples/aws-scalable-big-blue-button-example#36) show creations that were over within the second.
const (
	creating = time.Second
	updating = time.Second
	deleting = time.Second
)

// logGroupType has every property that the reference has; Create and Update refuse those that are not modelled.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html
func logGroupType() resource.Type {
	return resource.Type{
		Name:         typeName,
		NameProperty: "LogGroupName",
		Attributes:   []string{"Arn"},
		Handler:      handler{},
		Properties: resource.Properties{
			"BearerTokenAuthenticationEnabled": {Kind: resource.Boolean},
			"DataProtectionPolicy":             {Kind: resource.Free},
			"DeletionProtectionEnabled":        {Kind: resource.Boolean},
			"FieldIndexPolicies":               {Kind: resource.List, Item: &resource.Property{Kind: resource.Free}},
			"KmsKeyId":                         {Kind: resource.String},
			"LogGroupClass": {
				Kind: resource.String, Enum: []string{standard, "INFREQUENT_ACCESS", "DELIVERY"},
			},
			"LogGroupName": {
				Kind: resource.String, Change: resource.Replaces, Pattern: `^[.\-_/#A-Za-z0-9]{1,512}$`,
			},
			"ResourcePolicyDocument": {Kind: resource.Free},
			"RetentionInDays":        {Kind: resource.Integer},
			"Tags": {Kind: resource.List, Item: &resource.Property{Kind: resource.Struct, Fields: resource.Properties{
				"Key":   {Kind: resource.String, Required: true},
				"Value": {Kind: resource.String, Required: true},
			}}},
		},
	}
}

// handler makes log groups for CloudFormation.
type handler struct{}

func placeIn(in resource.Input) place { return place{in.Place()} }

// Create makes the group. Without LogGroupName it gets a name of CloudFormation's making.
func (handler) Create(tx *store.Tx, in resource.Input) (resource.Made, error) {
	g := group{Name: resource.Text(in.Properties, "LogGroupName"), Created: in.Now.UnixMilli()}
	if g.Name == "" {
		g.Name = resource.PhysicalName(in, longest)
	}
	if err := g.take(in); err != nil {
		return resource.Made{}, err
	}
	if err := placeIn(in).add(tx, g); err != nil {
		return resource.Made{}, refusal(err, g.Name)
	}
	return made(in, g, creating), nil
}

// Update changes retention and tags.
func (handler) Update(tx *store.Tx, in resource.Input) (resource.Made, error) {
	g, err := placeIn(in).find(tx, in.PhysicalID)
	if err != nil {
		return resource.Made{}, refusal(err, in.PhysicalID)
	}
	if err := g.take(in); err != nil {
		return resource.Made{}, err
	}
	placeIn(in).put(tx, g)
	return made(in, g, updating), nil
}

// Delete removes the group.
func (handler) Delete(tx *store.Tx, in resource.Input) (time.Duration, error) {
	g, err := placeIn(in).find(tx, in.PhysicalID)
	if err != nil {
		return 0, refusal(err, in.PhysicalID)
	}
	placeIn(in).remove(tx, g)
	return deleting, nil
}

// Read gives the group as a template would write it: without the stack's tags.
func (handler) Read(tx *store.Tx, in resource.Input) (map[string]any, error) {
	g, err := placeIn(in).find(tx, in.PhysicalID)
	if err != nil {
		return nil, refusal(err, in.PhysicalID)
	}
	properties := map[string]any{"LogGroupName": g.Name, "LogGroupClass": standard, "DeletionProtectionEnabled": false}
	if g.Retention > 0 {
		properties["RetentionInDays"] = float64(g.Retention)
	}
	var tags []any
	for _, key := range slices.Sorted(maps.Keys(g.Tags)) {
		if !slices.Contains(g.FromStack, key) {
			tags = append(tags, map[string]any{"Key": key, "Value": g.Tags[key]})
		}
	}
	if len(tags) > 0 {
		properties["Tags"] = tags
	}
	return properties, nil
}

// take sets what the template says of a group.
func (g *group) take(in resource.Input) error {
	if err := modelled(in.Properties); err != nil {
		return err
	}
	g.Retention = resource.Whole(in.Properties, "RetentionInDays", 0)
	if _, set := in.Properties["RetentionInDays"]; set && checkRetention(g.Retention) != nil {
		// The words are CloudFormation's, for a value that the type's schema does not list, as quoted in
		// https://github.com/aws/copilot-cli/issues/3946.
		return resource.Errorf(resource.InvalidRequest,
			"Model validation failed (#/RetentionInDays: failed validation constraint for keyword [enum])")
	}
	return g.tag(in)
}

// modelled refuses properties that have no effect here. Those whose value is AWS's default are true as they are.
func modelled(properties map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		switch name {
		case "LogGroupName", "RetentionInDays", "Tags":
		case "LogGroupClass":
			if class := resource.Text(properties, name); class != standard {
				return resource.Unmodelled("log groups of the class %s", class)
			}
		default:
			if on, is := properties[name].(bool); !is || on {
				return resource.Unmodelled("the property %s of %s", name, typeName)
			}
		}
	}
	return nil
}

// tag gives a group its tags and those of the stack.
func (g *group) tag(in resource.Input) error {
	if err := checkTags(resource.OwnTags(in.Properties)); err != nil {
		return refusal(err, g.Name)
	}
	g.Tags, g.FromStack = resource.Retag(g.Tags, g.FromStack, in, true)
	return nil
}

func made(in resource.Input, g group, takes time.Duration) resource.Made {
	return resource.Made{
		PhysicalID: g.Name,
		Attributes: map[string]any{"Arn": placeIn(in).arn(g.Name) + ":*"},
		Takes:      takes,
	}
}

// refusal is how CloudFormation is told what the service refused. That a group is there already, or is not there, is
// said in words of CloudFormation's own: for the first see github.com/serverless/serverless/issues/3168.
func refusal(err error, name string) error {
	refused, ok := errors.AsType[*wire.Error](err)
	if !ok {
		return err
	}
	about := fmt.Sprintf(`Resource of type '%s' with identifier '{"/properties/LogGroupName":"%s"}' `, typeName, name)
	switch refused.Code {
	case "ResourceAlreadyExistsException":
		return resource.Errorf(resource.AlreadyExists, "%salready exists.", about)
	case "ResourceNotFoundException":
		return resource.Errorf(resource.NotFound, "%swas not found.", about)
	}
	return resource.Refused("CloudWatchLogs", refused)
}
