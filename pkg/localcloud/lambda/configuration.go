package lambda

import (
	"encoding/base64"
	"encoding/hex"
	"time"
)

// What a function has that does not say otherwise.
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
func (s *settings) memory() int { return given(s.MemorySize, 128) }

func (s *settings) timeout() int { return given(s.Timeout, 3) }

func (s *settings) storage() int {
	if s.EphemeralStorage == nil {
		return 512
	}
	return s.EphemeralStorage.Size
}

func (s *settings) tracing() string {
	if s.TracingConfig == nil || s.TracingConfig.Mode == "" {
		return "PassThrough"
	}
	return s.TracingConfig.Mode
}

func (s *settings) architectures() []string {
	if len(s.Architectures) == 0 {
		return []string{"x86_64"}
	}
	return s.Architectures
}

func (s *settings) logging() loggingConfig {
	var l loggingConfig
	if s.LoggingConfig != nil {
		l = *s.LoggingConfig
	}
	if l.LogFormat == "" {
		l.LogFormat = "Text"
	}
	if l.LogGroup == "" {
		l.LogGroup = "/aws/lambda/" + s.FunctionName
	}
	if l.LogFormat == "JSON" && l.ApplicationLogLevel == "" {
		l.ApplicationLogLevel = "INFO"
	}
	if l.LogFormat == "JSON" && l.SystemLogLevel == "" {
		l.SystemLogLevel = "INFO"
	}
	return l
}

func given(n *int, otherwise int) int {
	if n == nil {
		return otherwise
	}
	return *n
}

// codeSHA256 is the code's digest as Lambda writes it: base64.
func (f *function) codeSHA256() string {
	sum, _ := hex.DecodeString(f.CodeSum) // it came from hex
	return base64.StdEncoding.EncodeToString(sum)
}

// configuration is the function as Lambda tells it.
// https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
//
// RuntimeVersionConfig is left out: there is no managed runtime. That LastUpdateStatus is absent until the function is
// made is unverified.
func (f *function) configuration(now time.Time) map[string]any {
	c := map[string]any{
		"FunctionName":     f.FunctionName,
		"FunctionArn":      f.arn(),
		"Runtime":          f.Runtime,
		"Role":             f.Role,
		"Handler":          f.Handler,
		"CodeSize":         f.CodeSize,
		"Description":      f.Description,
		"Timeout":          f.timeout(),
		"MemorySize":       f.memory(),
		"LastModified":     f.Modified.UTC().Format("2006-01-02T15:04:05.000-0700"),
		"CodeSha256":       f.codeSHA256(),
		"Version":          "$LATEST",
		"TracingConfig":    tracingConfig{f.tracing()},
		"RevisionId":       f.Revision,
		"PackageType":      "Zip",
		"Architectures":    f.architectures(),
		"EphemeralStorage": ephemeralStorage{f.storage()},
		"SnapStart":        map[string]string{"ApplyOn": "None", "OptimizationStatus": "Off"},
		"LoggingConfig":    f.logging(),
	}
	if f.Environment != nil && len(f.Environment.Variables) > 0 {
		c["Environment"] = f.Environment
	}
	f.states(c, now)
	return c
}

// states writes what the function's states are.
// https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
func (f *function) states(c map[string]any, now time.Time) {
	if f.Pending.After(now) {
		c["State"], c["StateReason"], c["StateReasonCode"] = "Pending", "The function is being created.", "Creating"
		return
	}
	c["State"], c["LastUpdateStatus"] = "Active", "Successful"
	if f.Updating.After(now) {
		c["LastUpdateStatus"] = "InProgress"
		c["LastUpdateStatusReason"], c["LastUpdateStatusReasonCode"] = "The function is being created.", "Creating"
	}
}
