package template_test

import "github.com/plldb/plldb/pkg/localcloud/resource"

func str() resource.Property      { return resource.Property{Kind: resource.String} }
func needed() resource.Property   { return resource.Property{Kind: resource.String, Required: true} }
func anything() resource.Property { return resource.Property{Kind: resource.Free} }

func listOf(item resource.Property) resource.Property {
	return resource.Property{Kind: resource.List, Item: &item}
}

func structOf(fields resource.Properties) resource.Property {
	return resource.Property{Kind: resource.Struct, Fields: fields}
}

func with(p resource.Property, change resource.Change) resource.Property {
	p.Change = change
	return p
}

func required(p resource.Property) resource.Property {
	p.Required = true
	return p
}

// types are the types of the template that plldb deploys, with the properties that the tests need.
func types() map[string]resource.Type {
	all := map[string]resource.Type{}
	for _, t := range []resource.Type{
		tableType(), roleType(), functionType(), groupType(),
		{Name: "AWS::IAM::RolePolicy", IAM: true, Properties: resource.Properties{
			"RoleName": needed(), "PolicyName": needed(), "PolicyDocument": anything(),
		}},
		{Name: "AWS::Lambda::Permission", Attributes: []string{"Id"}, Properties: resource.Properties{
			"FunctionName": needed(), "Action": needed(), "Principal": needed(), "SourceArn": str(),
		}},
		{
			Name: "AWS::ApiGatewayV2::Api", Attributes: []string{"ApiEndpoint", "ApiId"},
			Properties: resource.Properties{
				"Name": str(), "Description": str(), "ProtocolType": with(str(), resource.Replaces),
				"RouteSelectionExpression": str(),
			},
		},
		{Name: "AWS::ApiGatewayV2::Authorizer"},
		{Name: "AWS::ApiGatewayV2::Integration"},
		{Name: "AWS::ApiGatewayV2::Route"},
		{Name: "AWS::ApiGatewayV2::RouteResponse"},
		{Name: "AWS::ApiGatewayV2::Stage", Properties: resource.Properties{
			"ApiId": with(needed(), resource.Replaces), "StageName": with(needed(), resource.Replaces),
			"AutoDeploy": {Kind: resource.Boolean},
			"DefaultRouteSettings": structOf(resource.Properties{
				"ThrottlingRateLimit":  {Kind: resource.Number},
				"ThrottlingBurstLimit": {Kind: resource.Integer},
			}),
		}},
	} {
		all[t.Name] = t
	}
	return all
}

func tableType() resource.Type {
	keys := listOf(structOf(resource.Properties{"AttributeName": needed(), "KeyType": needed()}))
	return resource.Type{
		Name: "AWS::DynamoDB::Table", Attributes: []string{"Arn"}, NameProperty: "TableName",
		Properties: resource.Properties{
			"AttributeDefinitions": with(listOf(structOf(resource.Properties{
				"AttributeName": needed(),
				"AttributeType": {Kind: resource.String, Required: true, Enum: []string{"B", "N", "S"}},
			})), resource.Conditional),
			"BillingMode":            str(),
			"GlobalSecondaryIndexes": listOf(anything()),
			"KeySchema":              required(with(keys, resource.Replaces)),
			"TableClass":             str(),
			"TableName":              with(str(), resource.Replaces),
			"Tags":                   listOf(structOf(resource.Properties{"Key": needed(), "Value": needed()})),
		},
	}
}

func roleType() resource.Type {
	return resource.Type{
		Name: "AWS::IAM::Role", Attributes: []string{"Arn", "RoleId"}, NameProperty: "RoleName", IAM: true,
		Properties: resource.Properties{
			"AssumeRolePolicyDocument": required(anything()),
			"Description":              str(),
			"MaxSessionDuration":       {Kind: resource.Integer, Min: 3600, Max: 43200},
			"Policies": listOf(structOf(resource.Properties{
				"PolicyName": needed(), "PolicyDocument": required(anything()),
			})),
			"RoleName": with(str(), resource.Replaces),
		},
	}
}

func functionType() resource.Type {
	return resource.Type{
		Name: "AWS::Lambda::Function", Attributes: []string{"Arn"}, NameProperty: "FunctionName",
		Properties: resource.Properties{
			"Architectures": listOf(str()),
			"Code": required(structOf(resource.Properties{
				"S3Bucket": str(), "S3Key": str(), "S3ObjectVersion": str(),
			})),
			"Description":   str(),
			"FunctionName":  with(str(), resource.Replaces),
			"Handler":       str(),
			"LoggingConfig": structOf(resource.Properties{"LogGroup": str()}),
			"MemorySize":    {Kind: resource.Integer},
			"Role":          needed(),
			"Runtime":       str(),
			"Timeout":       {Kind: resource.Integer, Min: 1, Max: 900},
		},
	}
}

func groupType() resource.Type {
	return resource.Type{
		Name: "AWS::Logs::LogGroup", Attributes: []string{"Arn"}, NameProperty: "LogGroupName",
		Properties: resource.Properties{
			"LogGroupName": {
				Kind: resource.String, Change: resource.Replaces, Pattern: `^[.\-_/#A-Za-z0-9]{1,512}$`,
			},
			"RetentionInDays": {Kind: resource.Integer},
		},
	}
}
