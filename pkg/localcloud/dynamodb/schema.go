package dynamodb

import "github.com/plldb/plldb/pkg/localcloud/resource"

const tableTypeName = "AWS::DynamoDB::Table"

// tableType is the type as the reference has it, with the properties that are refused when they are set.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
//
// "Update requires" of LocalSecondaryIndexes is unverified: DynamoDB can only make them with their table, so a change
// of them cannot be made in place. So is StreamArn, which is left out of Attributes since streams are not modelled.
func tableType(h resource.Handler) resource.Type {
	return resource.Type{
		Name:         tableTypeName,
		Attributes:   []string{"Arn"},
		NameProperty: "TableName",
		Handler:      h,
		Properties: resource.Properties{
			"AttributeDefinitions":             list(attributeDefinition(), resource.Conditional),
			"BillingMode":                      {Kind: resource.String},
			"ContributorInsightsSpecification": contributorInsights(),
			"DeletionProtectionEnabled":        {Kind: resource.Boolean},
			"GlobalSecondaryIndexes":           list(globalIndex(), resource.InPlace),
			"ImportSourceSpecification":        importSource(),
			"KeySchema":                        keySchema(resource.Replaces),
			"KinesisStreamSpecification":       kinesis(),
			"LocalSecondaryIndexes":            list(localIndex(), resource.Replaces),
			"OnDemandThroughput":               onDemand(),
			"PointInTimeRecoverySpecification": recovery(),
			"ProvisionedThroughput":            throughput(),
			"ResourcePolicy":                   resourcePolicy(),
			"SSESpecification":                 encryption(),
			"StreamSpecification":              stream(),
			"TableClass":                       {Kind: resource.String},
			"TableName":                        {Kind: resource.String, Change: resource.Replaces},
			"Tags":                             list(tagged(), resource.InPlace),
			"TimeToLiveSpecification":          timeToLive(),
			"WarmThroughput":                   warm(),
		},
	}
}

func structure(fields resource.Properties) resource.Property {
	return resource.Property{Kind: resource.Struct, Fields: fields}
}

func list(item resource.Property, change resource.Change) resource.Property {
	return resource.Property{Kind: resource.List, Item: &item, Change: change}
}

func attributeDefinition() resource.Property {
	return structure(resource.Properties{
		"AttributeName": {Kind: resource.String, Required: true},
		"AttributeType": {Kind: resource.String, Required: true, Enum: []string{"B", "N", "S"}},
	})
}

func keySchema(change resource.Change) resource.Property {
	p := list(structure(resource.Properties{
		"AttributeName": {Kind: resource.String, Required: true},
		"KeyType":       {Kind: resource.String, Required: true},
	}), change)
	p.Required = true
	return p
}

func projection() resource.Property {
	p := structure(resource.Properties{
		"NonKeyAttributes": list(resource.Property{Kind: resource.String}, resource.InPlace),
		"ProjectionType":   {Kind: resource.String},
	})
	p.Required = true
	return p
}

func globalIndex() resource.Property {
	return structure(resource.Properties{
		"ContributorInsightsSpecification": contributorInsights(),
		"IndexName":                        {Kind: resource.String, Required: true},
		"KeySchema":                        keySchema(resource.InPlace),
		"OnDemandThroughput":               onDemand(),
		"Projection":                       projection(),
		"ProvisionedThroughput":            throughput(),
		"WarmThroughput":                   warm(),
	})
}

func localIndex() resource.Property {
	return structure(resource.Properties{
		"IndexName":  {Kind: resource.String, Required: true},
		"KeySchema":  keySchema(resource.InPlace),
		"Projection": projection(),
	})
}

func throughput() resource.Property {
	return structure(resource.Properties{
		"ReadCapacityUnits":  {Kind: resource.Integer, Required: true},
		"WriteCapacityUnits": {Kind: resource.Integer, Required: true},
	})
}

func onDemand() resource.Property {
	return structure(resource.Properties{
		"MaxReadRequestUnits":  {Kind: resource.Integer},
		"MaxWriteRequestUnits": {Kind: resource.Integer},
	})
}

func warm() resource.Property {
	return structure(resource.Properties{
		"ReadUnitsPerSecond":  {Kind: resource.Integer},
		"WriteUnitsPerSecond": {Kind: resource.Integer},
	})
}

func contributorInsights() resource.Property {
	return structure(resource.Properties{
		"Enabled": {Kind: resource.Boolean, Required: true},
		"Mode":    {Kind: resource.String, Enum: []string{"ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS"}},
	})
}

func resourcePolicy() resource.Property {
	return structure(resource.Properties{"PolicyDocument": {Kind: resource.Free, Required: true}})
}

func importSource() resource.Property {
	bucket := structure(resource.Properties{
		"S3Bucket":      {Kind: resource.String, Required: true},
		"S3BucketOwner": {Kind: resource.String},
		"S3KeyPrefix":   {Kind: resource.String},
	})
	bucket.Required = true
	p := structure(resource.Properties{
		"InputCompressionType": {Kind: resource.String},
		"InputFormat":          {Kind: resource.String, Required: true},
		"InputFormatOptions": structure(resource.Properties{"Csv": structure(resource.Properties{
			"Delimiter":  {Kind: resource.String},
			"HeaderList": list(resource.Property{Kind: resource.String}, resource.InPlace),
		})}),
		"S3BucketSource": bucket,
	})
	p.Change = resource.Replaces
	return p
}

func kinesis() resource.Property {
	return structure(resource.Properties{
		"ApproximateCreationDateTimePrecision": {Kind: resource.String, Enum: []string{"MICROSECOND", "MILLISECOND"}},
		"StreamArn":                            {Kind: resource.String, Required: true},
	})
}

func recovery() resource.Property {
	return structure(resource.Properties{
		"PointInTimeRecoveryEnabled": {Kind: resource.Boolean},
		"RecoveryPeriodInDays":       {Kind: resource.Integer, Min: 1, Max: 35},
	})
}

func encryption() resource.Property {
	return structure(resource.Properties{
		"KMSMasterKeyId": {Kind: resource.String},
		"SSEEnabled":     {Kind: resource.Boolean, Required: true},
		"SSEType":        {Kind: resource.String, Enum: []string{"KMS"}},
	})
}

func stream() resource.Property {
	return structure(resource.Properties{
		"ResourcePolicy": resourcePolicy(),
		"StreamViewType": {Kind: resource.String, Required: true},
	})
}

func tagged() resource.Property {
	return structure(resource.Properties{
		"Key":   {Kind: resource.String, Required: true},
		"Value": {Kind: resource.String, Required: true},
	})
}

func timeToLive() resource.Property {
	return structure(resource.Properties{
		"AttributeName": {Kind: resource.String},
		"Enabled":       {Kind: resource.Boolean, Required: true},
	})
}
