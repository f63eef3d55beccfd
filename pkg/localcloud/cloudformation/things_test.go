package cloudformation_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/store"
)

func thingTypes(h resource.Handler) map[string]resource.Type {
	text := resource.Property{Kind: resource.String}
	tag := resource.Property{Kind: resource.Struct, Fields: resource.Properties{"Key": text, "Value": text}}
	properties := resource.Properties{
		"Text":  text,
		"Takes": {Kind: resource.Integer},
		"Kind":  {Kind: resource.String, Change: resource.Replaces},
		"Maybe": {Kind: resource.String, Change: resource.Conditional},
		"Name":  {Kind: resource.String, Change: resource.Replaces},
		"Part":  {Kind: resource.Struct, Fields: resource.Properties{"Inner": text}},
	}
	tagged := maps.Clone(properties)
	tagged["Tags"] = resource.Property{Kind: resource.List, Item: &tag}
	return map[string]resource.Type{
		"AWS::Test::Thing": {
			Name: "AWS::Test::Thing", Properties: properties, Attributes: []string{"Arn"}, NameProperty: "Name", Handler: h,
		},
		"AWS::Test::Role": {
			Name: "AWS::Test::Role", Properties: tagged, Attributes: []string{"Arn"}, IAM: true, NameProperty: "Name", Handler: h,
		},
	}
}
