// Package resource is what CloudFormation and the services of the local cloud have in common: what a resource type is,
// which properties it has, and what is done to make, change and remove one. The services offer types, CloudFormation
// uses them, and neither knows the other.
package resource

import (
	"fmt"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

// Type is one resource type.
type Type struct {
	Name       string     // "AWS::DynamoDB::Table"
	Properties Properties // what a template may say
	Attributes []string   // what Fn::GetAtt may ask for
	IAM        bool       // a template with one needs CAPABILITY_IAM
	// NameProperty is the property that gives the resource a name of its own ("TableName"). "" where there is none.
	NameProperty string
	Handler      Handler
}

// Properties are the properties of a type or of a structure within one, by name.
type Properties map[string]Property

// Property is what AWS's resource reference says of one property.
type Property struct {
	Kind     Kind
	Required bool
	Change   Change
	Item     *Property  // of a List
	Fields   Properties // of a Struct
	Enum     []string   // of a String: nothing else is valid
	Pattern  string     // of a String: a regular expression that must match
	// WriteOnly says that CloudFormation cannot read it back, and so does not see whether it has drifted.
	WriteOnly bool
	Min, Max  float64 // of an Integer or Number, if Max > Min
}

// Kind is what a value must be.
type Kind int

// The kinds. CloudFormation takes a number or boolean for a string, and a string that reads as one for those.
const (
	String Kind = iota
	Integer
	Number
	Boolean
	List
	Struct
	Free // any JSON: a policy document, tags as a map
)

// Change is what an update of the property does ("Update requires" in the reference).
type Change int

// The changes.
const (
	InPlace     Change = iota // no interruption, or some
	Replaces                  // always a new resource
	Conditional               // perhaps a new resource: Handler.Update answers NotUpdatable where it must be one
)

// Handler does to the service what a template asks for, within CloudFormation's transaction: what it wrote is undone with
// it. Errors are of type *Error; any other is an internal failure.
type Handler interface {
	// Create makes the resource.
	Create(tx *store.Tx, in Input) (Made, error)
	// Update changes it in place. in.Before are the properties it has had.
	Update(tx *store.Tx, in Input) (Made, error)
	// Delete begins to remove it, and says how long that takes. One that is gone is an *Error with NotFound.
	Delete(tx *store.Tx, in Input) (time.Duration, error)
	// Read gives the properties that the resource has now, however it got them, as a template would say them (drift).
	// One that is gone is an *Error with NotFound.
	Read(tx *store.Tx, in Input) (map[string]any, error)
}

// Input is what a handler is given. Values are those of JSON: string, float64, bool, nil, []any, map[string]any; what a
// property's Kind wants is already what it is.
type Input struct {
	Account, Region, Partition string

	StackID, StackName string
	LogicalID          string
	PhysicalID         string            // "" in Create
	Properties         map[string]any    // resolved; nil in Delete and Read
	Before             map[string]any    // of Update and Delete: what it was given last
	Tags               map[string]string // the stack's, and aws:cloudformation:*
	Now                time.Time         // the moment at which the work begins
}

// Made is a resource after Create or Update.
type Made struct {
	PhysicalID string         // what Ref gives
	Attributes map[string]any // what Fn::GetAtt gives
	Takes      time.Duration  // until it is stable, on AWS
}

// Error is what a resource's handler has to say against a request.
type Error struct {
	Code    string // HandlerErrorCode
	Message string // what the service itself said
}

// The codes.
// https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html
const (
	InvalidRequest = "InvalidRequest"
	AlreadyExists  = "AlreadyExists"
	NotFound       = "NotFound"
	AccessDenied   = "AccessDenied"
	Throttling     = "Throttling"
	NotUpdatable   = "NotUpdatable"
	Conflict       = "ResourceConflict"
	Limit          = "ServiceLimitExceeded"
	Internal       = "GeneralServiceException"
)

// Errorf makes an error of a code.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Error is the message.
func (e *Error) Error() string { return e.Message }

// Objects are the buckets, as the services that read from them see them.
type Objects interface {
	// Object finds one version of an object, the newest where version is "". The account must be allowed to read it, and
	// the bucket be in the region, unless that is "". What S3 refuses is a *wire.Error with S3's code: NoSuchBucket,
	// PermanentRedirect, NoSuchKey, NoSuchVersion, AccessDenied.
	Object(tx *store.Tx, account, region, bucket, key, version string) (Object, error)
}

// Object is one version of an object.
type Object struct {
	Sum     string // the blob's SHA-256, lower-case hexadecimal
	Size    int64  // bytes
	Version string
}
