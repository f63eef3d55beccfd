package apigateway

import "github.com/plldb/plldb/pkg/localcloud/resource"

const (
	apiTypeName         = "AWS::ApiGatewayV2::Api"
	authorizerTypeName  = "AWS::ApiGatewayV2::Authorizer"
	integrationTypeName = "AWS::ApiGatewayV2::Integration"
	routeTypeName       = "AWS::ApiGatewayV2::Route"
	responseTypeName    = "AWS::ApiGatewayV2::RouteResponse"
	stageTypeName       = "AWS::ApiGatewayV2::Stage"
)

// The types are as the reference has them, with the properties that are refused when they are set. No type has a
// property that names the resource for the whole account, hence no NameProperty.

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-api.html
func apiType(h resource.Handler) resource.Type {
	return resource.Type{
		Name: apiTypeName, Attributes: []string{"ApiEndpoint", "ApiId"}, Handler: h,
		Properties: resource.Properties{
			"ApiKeySelectionExpression": text(), "BasePath": text(), "Body": free(),
			"BodyS3Location": structure(resource.Properties{
				"Bucket": text(), "Etag": text(), "Key": text(), "Version": text(),
			}),
			"CorsConfiguration": structure(resource.Properties{
				"AllowCredentials": boolean(), "AllowHeaders": texts(), "AllowMethods": texts(), "AllowOrigins": texts(),
				"ExposeHeaders": texts(), "MaxAge": integer(),
			}),
			"CredentialsArn": text(), "Description": text(), "DisableExecuteApiEndpoint": boolean(),
			"DisableSchemaValidation": boolean(), "FailOnWarnings": boolean(), "IpAddressType": text(), "Name": text(),
			"ProtocolType": replacing(text()), "RouteKey": text(), "RouteSelectionExpression": text(), "Tags": free(),
			"Target": text(), "Version": text(),
		},
	}
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-authorizer.html
func authorizerType(h resource.Handler) resource.Type {
	return resource.Type{
		Name: authorizerTypeName, Attributes: []string{"AuthorizerId"}, Handler: h,
		Properties: resource.Properties{
			"ApiId": required(replacing(text())), "AuthorizerCredentialsArn": text(),
			"AuthorizerPayloadFormatVersion": text(), "AuthorizerResultTtlInSeconds": integer(),
			"AuthorizerType": required(text()), "AuthorizerUri": text(), "EnableSimpleResponses": boolean(),
			"IdentitySource": texts(), "IdentityValidationExpression": text(),
			"JwtConfiguration": structure(resource.Properties{"Audience": texts(), "Issuer": text()}),
			"Name":             required(text()),
		},
	}
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-integration.html
func integrationType(h resource.Handler) resource.Type {
	return resource.Type{
		Name: integrationTypeName, Attributes: []string{"IntegrationId"}, Handler: h,
		Properties: resource.Properties{
			"ApiId": required(replacing(text())), "ConnectionId": text(), "ConnectionType": text(),
			"ContentHandlingStrategy": text(), "CredentialsArn": text(), "Description": text(), "IntegrationMethod": text(),
			"IntegrationSubtype": text(), "IntegrationType": required(text()), "IntegrationUri": text(),
			"PassthroughBehavior": text(), "PayloadFormatVersion": text(), "RequestParameters": free(),
			"RequestTemplates": free(), "ResponseParameters": free(), "TemplateSelectionExpression": text(),
			"TimeoutInMillis": integer(), "TlsConfig": structure(resource.Properties{"ServerNameToVerify": text()}),
		},
	}
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-route.html
func routeType(h resource.Handler) resource.Type {
	return resource.Type{
		Name: routeTypeName, Attributes: []string{"RouteId"}, Handler: h,
		Properties: resource.Properties{
			"ApiId": required(replacing(text())), "ApiKeyRequired": boolean(), "AuthorizationScopes": texts(),
			"AuthorizationType": text(), "AuthorizerId": text(), "ModelSelectionExpression": text(), "OperationName": text(),
			"RequestModels": free(), "RequestParameters": free(), "RouteKey": required(text()),
			"RouteResponseSelectionExpression": text(), "Target": text(),
		},
	}
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-routeresponse.html
func responseType(h resource.Handler) resource.Type {
	return resource.Type{
		Name: responseTypeName, Attributes: []string{"RouteResponseId"}, Handler: h,
		Properties: resource.Properties{
			"ApiId": required(replacing(text())), "ModelSelectionExpression": text(), "ResponseModels": free(),
			"ResponseParameters": free(), "RouteId": required(replacing(text())), "RouteResponseKey": required(text()),
		},
	}
}

// stageType leaves the attribute Id out: what it gives was not found out.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-stage.html
func stageType(h resource.Handler) resource.Type {
	return resource.Type{
		Name: stageTypeName, Handler: h,
		Properties: resource.Properties{
			"AccessLogSettings": structure(resource.Properties{"DestinationArn": text(), "Format": text()}),
			"AccessPolicyId":    text(),
			"ApiId":             required(replacing(text())), "AutoDeploy": boolean(), "ClientCertificateId": text(),
			"DefaultRouteSettings": structure(resource.Properties{
				"DataTraceEnabled": boolean(), "DetailedMetricsEnabled": boolean(), "LoggingLevel": text(),
				"ThrottlingBurstLimit": integer(), "ThrottlingRateLimit": {Kind: resource.Number},
			}),
			"DeploymentId": text(), "Description": text(), "RouteSettings": free(),
			"StageName": required(replacing(text())), "StageVariables": free(), "Tags": free(),
		},
	}
}

func text() resource.Property { return resource.Property{Kind: resource.String} }

func texts() resource.Property {
	item := text()
	return resource.Property{Kind: resource.List, Item: &item}
}

func boolean() resource.Property { return resource.Property{Kind: resource.Boolean} }

func integer() resource.Property { return resource.Property{Kind: resource.Integer} }

func free() resource.Property { return resource.Property{Kind: resource.Free} }

func structure(fields resource.Properties) resource.Property {
	return resource.Property{Kind: resource.Struct, Fields: fields}
}

func required(p resource.Property) resource.Property {
	p.Required = true
	return p
}

func replacing(p resource.Property) resource.Property {
	p.Change = resource.Replaces
	return p
}
