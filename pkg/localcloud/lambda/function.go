package lambda

import (
	"regexp"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// settings are a function's settings as a template says them.
type settings struct {
	FunctionName     string
	Code             location
	Role             string
	Runtime          string            `json:",omitempty"`
	Handler          string            `json:",omitempty"`
	Description      string            `json:",omitempty"`
	MemorySize       *int              `json:",omitempty"` // MB
	Timeout          *int              `json:",omitempty"` // seconds
	Architectures    []string          `json:",omitempty"`
	PackageType      string            `json:",omitempty"`
	Environment      *environment      `json:",omitempty"`
	EphemeralStorage *ephemeralStorage `json:",omitempty"`
	LoggingConfig    *loggingConfig    `json:",omitempty"`
	TracingConfig    *tracingConfig    `json:",omitempty"`
	Tags             []tag             `json:",omitempty"`
}

type (
	tag              struct{ Key, Value string }
	ephemeralStorage struct{ Size int } // MB
	tracingConfig    struct{ Mode string }

	// location is where code comes from.
	location struct {
		S3Bucket            string
		S3Key               string
		S3ObjectVersion     string `json:",omitempty"`
		S3ObjectStorageMode string `json:",omitempty"`
	}
	environment struct {
		Variables variables `json:",omitempty"`
	}
	loggingConfig struct {
		LogFormat           string `json:",omitempty"`
		LogGroup            string `json:",omitempty"`
		ApplicationLogLevel string `json:",omitempty"`
		SystemLogLevel      string `json:",omitempty"`
	}
)

// function is the state of one: its settings, its code, its policy, and the moments at which its states end.
type function struct {
	settings
	wire.Place
	CodeSum        string // the blob's SHA-256, lower-case hexadecimal
	CodeSize       int64  // bytes
	Revision       string
	Modified       time.Time
	Pending        time.Time // until then
	Updating       time.Time // until then
	Policy         []statement
	PolicyRevision string
	AllTags        map[string]string // its own and its stack's, and aws:cloudformation:*
	FromStack      []string          // the names of those of them that are its stack's
}

const functionsTable = "lambda.functions"

func (f *function) key() string { return f.At(f.FunctionName) }

func (f *function) arn() string { return f.ARN("lambda", "function:"+f.FunctionName) }

func (f *function) put(tx *store.Tx) { store.Put(tx, functionsTable, f.key(), *f) }

func find(tx *store.Tx, at wire.Place, name string) (*function, bool) {
	f, ok := store.Get[function](tx, functionsTable, at.At(name))
	return &f, ok
}

// touch gives the function a new revision.
func (f *function) touch(now time.Time) { f.Revision, f.Modified = wire.NewID(), now }

// busy refuses to change a function that is not yet what it was last told to be.
// https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
func (f *function) busy(now time.Time) error {
	switch {
	case f.Pending.After(now):
		return conflict("The operation cannot be performed at this time. " +
			"The function is currently in the following state: Pending")
	case f.Updating.After(now):
		return conflict("The operation cannot be performed at this time. An update is in progress for resource: %s", f.arn())
	}
	return nil
}

// nameForm is a function's name: alone, as a partial ARN (account:function:name), or as an ARN; then perhaps a
// qualifier.
// https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html#lambda-GetFunction-request-uri-FunctionName
var nameForm = regexp.MustCompile(`^(?:arn:(aws[a-zA-Z-]*):lambda:)?` +
	`(?:((?:eusc-)?[a-z]{2}(?:(?:-gov)|(?:-iso(?:[a-z]?)))?-[a-z]+-\d):)?(?:(\d{12}):)?` +
	`(?:function:)?([a-zA-Z0-9-_]+)(?::(\$LATEST|[a-zA-Z0-9-_]+))?$`)

// named is the name in an input: of this account and region, of the unpublished version, which is the only one.
func named(account, region, text, qualifier string) (string, error) {
	m := nameForm.FindStringSubmatch(text)
	if m == nil || len(text) > 170 {
		return "", unvalidated(text, "functionName", "Member must satisfy regular expression pattern: "+
			`(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?`+
			`(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?`)
	}
	if m[2] != "" && m[2] != region {
		return "", notFound("Functions from '%s' are not reachable in this region ('%s')", m[2], region)
	}
	if m[3] != "" && m[3] != account {
		return "", wire.Unmodelled("AccessDeniedException", "functions of another account: %s", text)
	}
	for _, q := range []string{m[5], qualifier} {
		if q != "" && q != "$LATEST" {
			return "", wire.Unmodelled("InvalidParameterValueException", "versions and aliases of functions: %s", q)
		}
	}
	return m[4], nil
}
