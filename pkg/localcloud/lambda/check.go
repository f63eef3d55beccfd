package lambda

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

const roleForm = `arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+`

var (
	roleARN     = regexp.MustCompile(`^` + roleForm + `$`)
	plainName   = regexp.MustCompile(`^[a-zA-Z0-9-_]{1,64}$`)
	variableKey = regexp.MustCompile(`^[a-zA-Z]([a-zA-Z0-9_])+$`)
)

// Runtimes that Lambda makes functions of, and those it once made.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
func runtimes() (run, known, old []string) {
	run = []string{"provided.al2023", "provided.al2"}
	known = []string{
		"dotnet8", "dotnet10", "java8.al2", "java11", "java17", "java21", "java25", "nodejs20.x", "nodejs22.x", "nodejs24.x",
		"python3.10", "python3.11", "python3.12", "python3.13", "python3.14", "ruby3.2", "ruby3.3", "ruby3.4",
	}
	old = []string{
		"go1.x", "provided", "java8", "nodejs12.x", "nodejs14.x", "nodejs16.x", "nodejs18.x", "python3.7", "python3.8",
		"python3.9", "ruby2.7",
	}
	return run, known, old
}

// check says what Lambda has against a function.
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
func (s *settings) check() error {
	if !plainName.MatchString(s.FunctionName) {
		return unvalidated(s.FunctionName, "functionName", "Member must satisfy regular expression pattern: [a-zA-Z0-9-_]+ "+
			"and have length less than or equal to 64")
	}
	if !roleARN.MatchString(s.Role) {
		return unvalidated(s.Role, "role", "Member must satisfy regular expression pattern: %s", roleForm)
	}
	if s.PackageType != "" && s.PackageType != "Zip" {
		return wire.Unmodelled("InvalidParameterValueException", "functions of the package type %s", s.PackageType)
	}
	for _, check := range []func() error{s.checkRuntime, s.checkSizes, s.checkChoices, s.Environment.check} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (s *settings) checkRuntime() error {
	if s.Runtime == "" || s.Handler == "" {
		return invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")
	}
	run, known, old := runtimes()
	switch {
	case slices.Contains(run, s.Runtime):
		return nil
	case slices.Contains(known, s.Runtime):
		return wire.Unmodelled("InvalidParameterValueException", "functions of the runtime %s", s.Runtime)
	case slices.Contains(old, s.Runtime):
		return invalid("The runtime parameter of %s is no longer supported for creating or updating AWS Lambda functions. "+
			"We recommend you use a supported runtime while creating or updating functions.", s.Runtime)
	}
	return invalid("Value %s at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "+
		"[%s] or be a valid ARN", s.Runtime, strings.Join(slices.Concat(known, run), ", "))
}

// checkSizes: the words for MemorySize and Timeout are quoted by badmintoncryer/cdk-preflight.
func (s *settings) checkSizes() error {
	if m := s.memory(); m > 10240 {
		return invalid("'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to 10240")
	} else if m < 128 {
		return unvalidated(m, "memorySize", "Member must have value greater than or equal to 128")
	}
	if t := s.timeout(); t > 900 {
		return unvalidated(t, "timeout", "Member must have value less than or equal to 900")
	} else if t < 1 {
		return unvalidated(t, "timeout", "Member must have value greater than or equal to 1")
	}
	if len(s.Description) > 256 {
		return unvalidated(s.Description, "description", "Member must have length less than or equal to 256")
	}
	if len(s.Handler) > 128 {
		return unvalidated(s.Handler, "handler", "Member must have length less than or equal to 128")
	}
	if size := s.storage(); size < 512 || size > 10240 {
		return unvalidated(size, "ephemeralStorage.size", "Member must have value between 512 and 10240")
	}
	return nil
}

func (s *settings) checkChoices() error {
	if a := s.architectures(); len(a) != 1 || a[0] != "x86_64" && a[0] != "arm64" {
		return unvalidated(a, "architectures", "Member must satisfy enum value set: [x86_64, arm64]")
	}
	if mode := s.tracing(); mode != "Active" && mode != "PassThrough" {
		return unvalidated(mode, "tracingConfig.mode", "Member must satisfy enum value set: [Active, PassThrough]")
	}
	l := s.LoggingConfig
	if l == nil {
		return nil
	}
	if l.LogFormat != "" && l.LogFormat != "Text" && l.LogFormat != "JSON" {
		return unvalidated(l.LogFormat, "loggingConfig.logFormat", "Member must satisfy enum value set: [JSON, Text]")
	}
	if l.LogFormat != "JSON" && l.ApplicationLogLevel+l.SystemLogLevel != "" { // the words are unverified
		return invalid("Log levels can only be set when LogFormat is JSON.")
	}
	return nil
}

// check holds the variables to Lambda's rules.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
func (e *environment) check() error {
	if e == nil {
		return nil
	}
	const unable = "Lambda was unable to configure your environment variables because the environment variables " +
		"you have provided "
	var taken []string
	size := 0
	for _, name := range slices.Sorted(maps.Keys(e.Variables)) {
		if !variableKey.MatchString(name) {
			return unvalidated(e.Variables, "environment.variables",
				"Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]")
		}
		if slices.Contains(reserved(), name) {
			taken = append(taken, name)
		}
		size += len(name) + len(e.Variables[name])
	}
	if len(taken) > 0 {
		return invalid(unable+"contains reserved keys that are currently not supported for modification. "+
			"Reserved keys used in this request: %s", strings.Join(taken, ", "))
	}
	if size > 4096 {
		text, _ := json.Marshal(e.Variables) // a map of strings
		return invalid(unable+"exceeded the 4KB limit. String measured: %s", text)
	}
	return nil
}

func reserved() []string {
	return []string{
		"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
		"AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
		"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
	}
}

// variables are environment variables. A template may give a number or a boolean for a text.
type variables map[string]string

// UnmarshalJSON reads texts, numbers and booleans.
func (v *variables) UnmarshalJSON(text []byte) error {
	var values map[string]any
	if err := json.Unmarshal(text, &values); err != nil {
		return fmt.Errorf("reading environment variables: %w", err)
	}
	*v = variables{}
	for name, value := range values {
		switch value.(type) {
		case string, bool, float64:
			(*v)[name] = fmt.Sprint(value)
		default:
			return fmt.Errorf("the environment variable %s is no text", name)
		}
	}
	return nil
}
