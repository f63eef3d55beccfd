package screen

import (
	"encoding/json"
	"io"
	"time"

	"github.com/plldb/plldb/pkg/report"
)

// writeJSON writes one event as one line. The fields are those of docs/output.schema.json.
func writeJSON(w io.Writer, e report.Event) {
	line := fields(e)
	if line == nil {
		return
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(line) // a stream that cannot be written to ends no run
}

type (
	accountLine struct {
		Type     string `json:"type"`
		Account  string `json:"account"`
		Region   string `json:"region"`
		Caller   string `json:"caller"`
		Endpoint string `json:"endpoint,omitempty"`
		Local    string `json:"local,omitempty"`
	}
	stepLine struct {
		Type       string `json:"type"`
		Step       string `json:"step"`
		Phase      string `json:"phase"`
		Sum        string `json:"sum,omitempty"`
		DurationMs *int64 `json:"durationMs,omitempty"`
	}
	packedLine struct {
		Type   string `json:"type"`
		Name   string `json:"name"`
		Size   int64  `json:"size"`
		Digest string `json:"sha256"`
		Reused bool   `json:"reused"`
	}
	objectLine struct {
		Type      string `json:"type"`
		Key       string `json:"key"`
		VersionID string `json:"versionId"`
		Size      int64  `json:"size"`
		Uploaded  bool   `json:"uploaded"`
	}
	changeLine struct {
		Type   string `json:"type"`
		Thing  string `json:"thing"`
		Reason string `json:"reason"`
	}
	stackEventLine struct {
		Type         string    `json:"type"`
		Time         time.Time `json:"time"`
		LogicalID    string    `json:"logicalId"`
		PhysicalID   string    `json:"physicalId,omitempty"`
		ResourceType string    `json:"resourceType,omitempty"`
		Status       string    `json:"status"`
		Reason       string    `json:"reason,omitempty"`
	}
	planLine struct {
		Type    string `json:"type"`
		What    string `json:"what"`
		Reason  string `json:"reason"`
		Refused bool   `json:"refused,omitempty"`
	}
	comparedLine struct {
		Type     string `json:"type"`
		Name     string `json:"name"`
		Local    string `json:"local,omitempty"`
		Uploaded string `json:"uploaded,omitempty"`
		Other    bool   `json:"otherUploaded,omitempty"`
		Deployed string `json:"deployed,omitempty"`
		Agrees   bool   `json:"agrees"`
	}
	resourceChangeLine struct {
		Type         string               `json:"type"`
		Action       string               `json:"action"`
		LogicalID    string               `json:"logicalId"`
		PhysicalID   string               `json:"physicalId,omitempty"`
		ResourceType string               `json:"resourceType"`
		Replacement  string               `json:"replacement,omitempty"`
		Loses        string               `json:"loses,omitempty"`
		Properties   []propertyChangeLine `json:"properties"`
	}
	propertyChangeLine struct {
		Path       string `json:"path"`
		Before     string `json:"before,omitempty"`
		After      string `json:"after,omitempty"`
		Recreation string `json:"recreation,omitempty"`
	}
	driftLine struct {
		Type         string              `json:"type"`
		LogicalID    string              `json:"logicalId"`
		PhysicalID   string              `json:"physicalId,omitempty"`
		ResourceType string              `json:"resourceType"`
		Status       string              `json:"status"`
		Properties   []propertyDriftLine `json:"properties"`
	}
	propertyDriftLine struct {
		Path     string `json:"path"`
		Kind     string `json:"kind"`
		Expected string `json:"expected,omitempty"`
		Actual   string `json:"actual,omitempty"`
	}
	textLine struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	warningLine struct {
		Type string    `json:"type"`
		Time time.Time `json:"time,omitzero"`
		Text string    `json:"text"`
	}
	requestLine struct {
		Type       string `json:"type"`
		Service    string `json:"service"`
		Operation  string `json:"operation"`
		Attempt    int    `json:"attempt"`
		Status     int    `json:"status"`
		Code       string `json:"code,omitempty"`
		DurationMs int64  `json:"durationMs"`
	}
	servingLine struct {
		Type        string `json:"type"`
		Endpoint    string `json:"endpoint"`
		WebSocket   string `json:"webSocket,omitempty"`
		Connections string `json:"connections,omitempty"`
		Region      string `json:"region"`
		AccessKey   string `json:"accessKeyId"`
	}
	deploymentLine struct {
		Type       string        `json:"type"`
		Time       time.Time     `json:"time"`
		Status     report.Status `json:"status"`
		Changed    []string      `json:"changed"`
		Sent       []string      `json:"sent"`
		DurationMs int64         `json:"durationMs"`
		Nothing    bool          `json:"nothing,omitempty"`
		Error      *errorLine    `json:"error,omitempty"`
	}
	trafficLine struct {
		Type       string      `json:"type"`
		Time       time.Time   `json:"time"`
		Kind       report.Kind `json:"kind"`
		Connection string      `json:"connection,omitempty"`
		Route      string      `json:"route,omitempty"`
		Function   string      `json:"function,omitempty"`
		Text       string      `json:"text,omitempty"`
		Bytes      int         `json:"bytes,omitempty"`
		Status     int         `json:"status,omitempty"`
		DurationUs int64       `json:"durationUs,omitempty"`
	}
	omittedLine struct {
		Type  string `json:"type"`
		Lines int    `json:"lines"`
	}
	outcomeLine struct {
		Type          string            `json:"type"`
		Command       string            `json:"command"`
		Status        report.Status     `json:"status"`
		Account       string            `json:"account"`
		Region        string            `json:"region"`
		Bucket        string            `json:"bucket"`
		BucketDeleted bool              `json:"bucketDeleted,omitempty"`
		Version       string            `json:"version"`
		StackID       string            `json:"stackId"`
		StackStatus   string            `json:"stackStatus,omitempty"`
		TemplateURL   string            `json:"templateUrl"`
		Drift         string            `json:"drift,omitempty"`
		Functions     []functionLine    `json:"functions"`
		Outputs       map[string]string `json:"outputs"`
		DurationMs    int64             `json:"durationMs"`
		Error         *errorLine        `json:"error,omitempty"`
	}
	functionLine struct {
		Name      string `json:"name"`
		Key       string `json:"key"`
		VersionID string `json:"versionId"`
		Digest    string `json:"sha256"`
		Uploaded  bool   `json:"uploaded"`
	}
	errorLine struct {
		Message string   `json:"message"`
		Hint    string   `json:"hint,omitempty"`
		Code    int      `json:"code"`
		Chain   []string `json:"chain,omitempty"`
	}
)

// fields gives an event its JSON form; nil for one that has none.
func fields(e report.Event) any {
	switch e := e.(type) {
	case report.Account:
		return accountLine{"account", e.ID, e.Region, e.Caller, e.Endpoint, e.Local}
	case report.StepStarted:
		return stepLine{Type: "step", Step: string(e.Step), Phase: "started"}
	case report.StepEnded:
		return stepLine{"step", string(e.Step), "ended", e.Sum, new(e.Took.Milliseconds())}
	case report.Packed:
		return packedLine{"packed", e.Function, e.Size, e.Digest, e.Reused}
	case report.Sent:
		return objectLine{"object", e.Key, e.VersionID, e.Size, e.Uploaded}
	case report.Changed:
		return changeLine{"change", e.Thing, e.Reason}
	case report.StackEvent:
		return stackEventLine{"stackEvent", e.Time.UTC(), e.LogicalID, e.PhysicalID, e.ResourceType, e.Status, e.Reason}
	case report.Planned:
		return planLine{"plan", e.What, e.Reason, e.Refused}
	case report.Compared:
		return comparedLine{"function", e.Function, e.Local, e.Uploaded, e.Other, e.Deployed, e.Agrees()}
	case report.TemplateDiff:
		return textLine{"templateDiff", e.Text}
	case report.ResourceChange:
		return resourceChange(e)
	case report.Drifted:
		return drifted(e)
	case report.Notice:
		return textLine{"notice", e.Text}
	case report.Warning:
		return warningLine{"warning", e.Time.UTC(), e.Text}
	case report.Request:
		return requestLine{"request", e.Service, e.Operation, e.Attempt, e.Status, e.Code, e.Took.Milliseconds()}
	case report.Outcome:
		return outcome(e)
	}
	return local(e)
}

func resourceChange(c report.ResourceChange) resourceChangeLine {
	line := resourceChangeLine{
		Type: "resourceChange", Action: c.Action, LogicalID: c.LogicalID, PhysicalID: c.PhysicalID,
		ResourceType: c.ResourceType, Replacement: c.Replacement, Loses: c.Loses,
		Properties: make([]propertyChangeLine, 0, len(c.Properties)),
	}
	for _, p := range c.Properties {
		line.Properties = append(line.Properties, propertyChangeLine(p))
	}
	return line
}

func drifted(d report.Drifted) driftLine {
	line := driftLine{
		Type: "drift", LogicalID: d.LogicalID, PhysicalID: d.PhysicalID, ResourceType: d.ResourceType, Status: d.Status,
		Properties: make([]propertyDriftLine, 0, len(d.Properties)),
	}
	for _, p := range d.Properties {
		line.Properties = append(line.Properties, propertyDriftLine(p))
	}
	return line
}

func outcome(o report.Outcome) outcomeLine {
	line := outcomeLine{
		Type: "outcome", Command: o.Command, Status: o.Status, Account: o.Account, Region: o.Region,
		Bucket: o.Bucket, BucketDeleted: o.BucketDeleted, Version: o.Version, StackID: o.StackID, StackStatus: o.StackStatus,
		TemplateURL: o.TemplateURL, Drift: o.Drift, Functions: make([]functionLine, 0, len(o.Functions)), Outputs: o.Outputs,
		DurationMs: o.Took.Milliseconds(),
	}
	if line.Outputs == nil {
		line.Outputs = map[string]string{}
	}
	for _, f := range o.Functions {
		line.Functions = append(line.Functions, functionLine(f))
	}
	line.Error = failure(o.Problem)
	return line
}

func failure(p *report.Problem) *errorLine {
	if p == nil {
		return nil
	}
	return &errorLine{p.Message, p.Hint, p.Code, p.Chain}
}
