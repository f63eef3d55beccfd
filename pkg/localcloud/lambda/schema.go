package lambda

import (
	"maps"
	"math"
	"slices"

	"github.com/plldb/plldb/pkg/localcloud/resource"
)

const (
	functionTypeName   = "AWS::Lambda::Function"
	permissionTypeName = "AWS::Lambda::Permission"
)

// functionType is the type as the reference has it, with the properties that are refused when they are set.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
func functionType(h resource.Handler) resource.Type {
	t := resource.Type{
		Name: functionTypeName, Attributes: []string{"Arn"}, NameProperty: "FunctionName", Handler: h,
		Properties: resource.Properties{
			"Architectures":          texts("x86_64", "arm64"),
			"CapacityProviderConfig": capacityProvider(),
			"Code":                   code(),
			"CodeSigningConfigArn":   {Kind: resource.String},
			"DeadLetterConfig":       structure(resource.Properties{"TargetArn": {Kind: resource.String}}),
			"Description":            {Kind: resource.String},
			"DurableConfig":          durable(),
			"Environment":            structure(resource.Properties{"Variables": {Kind: resource.Free}}),
			"EphemeralStorage": structure(resource.Properties{
				"Size": {Kind: resource.Integer, Required: true, Min: 512, Max: 10240},
			}),
			"FileSystemConfigs": list(structure(resource.Properties{
				"Arn":            {Kind: resource.String, Required: true},
				"LocalMountPath": {Kind: resource.String, Required: true},
			})),
			"FunctionName": {Kind: resource.String, Change: resource.Replaces},
			"FunctionScalingConfig": structure(resource.Properties{
				"MaxExecutionEnvironments": {Kind: resource.Integer},
				"MinExecutionEnvironments": {Kind: resource.Integer},
			}),
			"Handler": {Kind: resource.String, Pattern: `^[^\s]+$`},
			"ImageConfig": structure(resource.Properties{
				"Command": texts(), "EntryPoint": texts(), "WorkingDirectory": {Kind: resource.String},
			}),
			"KmsKeyArn":     {Kind: resource.String},
			"Layers":        texts(),
			"LoggingConfig": logging(),
		},
	}
	maps.Copy(t.Properties, furtherProperties())
	return t
}

// furtherProperties are those of functionType from MemorySize on.
func furtherProperties() resource.Properties {
	return resource.Properties{
		"MemorySize":                   {Kind: resource.Integer},
		"PackageType":                  {Kind: resource.String, Enum: []string{"Image", "Zip"}, Change: resource.Replaces},
		"PublishToLatestPublished":     {Kind: resource.Boolean},
		"RecursiveLoop":                {Kind: resource.String, Enum: []string{"Allow", "Terminate"}},
		"ReservedConcurrentExecutions": {Kind: resource.Integer},
		"Role":                         {Kind: resource.String, Required: true},
		"Runtime":                      {Kind: resource.String},
		"RuntimeManagementConfig": structure(resource.Properties{
			"RuntimeVersionArn": {Kind: resource.String},
			"UpdateRuntimeOn":   {Kind: resource.String, Required: true, Enum: []string{"Auto", "FunctionUpdate", "Manual"}},
		}),
		"SnapStart": structure(resource.Properties{
			"ApplyOn": {Kind: resource.String, Required: true, Enum: []string{"PublishedVersions", "None"}},
		}),
		"Tags":          tags(),
		"TenancyConfig": tenancy(),
		"Timeout":       {Kind: resource.Integer, Min: 1, Max: math.MaxInt32}, // the upper bound is in the service alone
		"TracingConfig": structure(resource.Properties{
			"Mode": {Kind: resource.String, Enum: []string{"Active", "PassThrough"}},
		}),
		"VpcConfig": structure(resource.Properties{
			"Ipv6AllowedForDualStack": {Kind: resource.Boolean}, "SecurityGroupIds": texts(), "SubnetIds": texts(),
		}),
	}
}

// permissionType is the type of a statement of a function's policy: any change makes another.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html
func permissionType(h resource.Handler) resource.Type {
	text := func(required bool, pattern string) resource.Property {
		return resource.Property{Kind: resource.String, Required: required, Pattern: pattern, Change: resource.Replaces}
	}
	return resource.Type{
		Name: permissionTypeName, Attributes: []string{"Id"}, Handler: h,
		Properties: resource.Properties{
			"Action":                text(true, `^(lambda:[*]|lambda:[a-zA-Z]+|[*])$`),
			"EventSourceToken":      text(false, `^[a-zA-Z0-9._\-]+$`),
			"FunctionName":          text(true, ""),
			"FunctionUrlAuthType":   {Kind: resource.String, Enum: []string{"AWS_IAM", "NONE"}, Change: resource.Replaces},
			"InvokedViaFunctionUrl": {Kind: resource.Boolean, Change: resource.Replaces},
			"Principal":             text(true, ""),
			"PrincipalOrgID":        text(false, `^o-[a-z0-9]{10,32}$`),
			"SourceAccount":         text(false, `^\d{12}$`),
			"SourceArn": text(false, `^arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:`+
				`((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)$`),
		},
	}
}

func structure(fields resource.Properties) resource.Property {
	return resource.Property{Kind: resource.Struct, Fields: fields}
}

func list(item resource.Property) resource.Property {
	return resource.Property{Kind: resource.List, Item: &item}
}

func texts(enum ...string) resource.Property {
	return list(resource.Property{Kind: resource.String, Enum: slices.Clone(enum)})
}

func tags() resource.Property {
	return list(structure(resource.Properties{
		"Key": {Kind: resource.String, Required: true}, "Value": {Kind: resource.String},
	}))
}

func code() resource.Property {
	p := structure(resource.Properties{
		"ImageUri":            {Kind: resource.String},
		"S3Bucket":            {Kind: resource.String, Pattern: `^[0-9A-Za-z\.\-_]*[0-9A-Za-z\-_]$`},
		"S3Key":               {Kind: resource.String},
		"S3ObjectStorageMode": {Kind: resource.String, Enum: []string{"COPY", "REFERENCE"}},
		"S3ObjectVersion":     {Kind: resource.String},
		"SourceKMSKeyArn":     {Kind: resource.String},
		"ZipFile":             {Kind: resource.String},
	})
	// The example of API_DetectStackResourceDrift and the note in the guide leave it out:
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
	p.Required, p.WriteOnly = true, true
	return p
}

func logging() resource.Property {
	return structure(resource.Properties{
		"ApplicationLogLevel": {Kind: resource.String, Enum: []string{"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"}},
		"LogFormat":           {Kind: resource.String, Enum: []string{"Text", "JSON"}},
		"LogGroup":            {Kind: resource.String, Pattern: `[\.\-_/#A-Za-z0-9]+`},
		"SystemLogLevel":      {Kind: resource.String, Enum: []string{"DEBUG", "INFO", "WARN"}},
	})
}

func capacityProvider() resource.Property {
	inner := structure(resource.Properties{
		"CapacityProviderArn":                   {Kind: resource.String, Required: true},
		"ExecutionEnvironmentMemoryGiBPerVCpu":  {Kind: resource.Number},
		"PerExecutionEnvironmentMaxConcurrency": {Kind: resource.Integer},
	})
	inner.Required = true
	return structure(resource.Properties{"LambdaManagedInstancesCapacityProviderConfig": inner})
}

func durable() resource.Property {
	p := structure(resource.Properties{
		"ExecutionTimeout":      {Kind: resource.Integer, Required: true},
		"RetentionPeriodInDays": {Kind: resource.Integer},
	})
	p.Change = resource.Conditional
	return p
}

func tenancy() resource.Property {
	p := structure(resource.Properties{
		"TenantIsolationMode": {Kind: resource.String, Required: true, Enum: []string{"PER_TENANT"}},
	})
	p.Change = resource.Replaces
	return p
}
