package apigateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// largestVerdict is the most that an authorizer may answer.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
const largestVerdict = 8 << 10

// authorize asks the authorizer about a client, and notes what it said of it. One is asked anew for each connection.
// Where a source is missing that identifies the client, it is not asked (trap 5); where there are none, it is always
// (trap 70).
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
func (h *handshake) authorize(ctx context.Context, a *authorizer, told requestContext) (time.Duration, *failure) {
	for _, source := range a.sources {
		if h.identify(source, told) == "" {
			return 0, unauthorized("the request has no " + source)
		}
	}
	began := h.plane.pace.Now()
	by := caller(h.connection, h.Place.ARN("execute-api", h.API+"/authorizers/"+a.id))
	answer, fail := h.plane.invoke(ctx, a.function, source{Caller: by}, longest, h.asking(h.r, told))
	switch {
	case fail != nil:
		return 0, internal(http.StatusInternalServerError, "the authorizer: %s", fail.reason)
	case answer.Failed != "" && parseError(answer.Payload).Message == "Unauthorized":
		return 0, unauthorized(nameOf(a.function) + " says so")
	case answer.Failed != "":
		return 0, internal(http.StatusInternalServerError, "the authorizer %s failed: %s", nameOf(a.function),
			errorOf(answer.Payload))
	}
	v, err := parseVerdict(answer.Payload)
	if err != nil {
		return 0, internal(http.StatusInternalServerError, "the answer of the authorizer %s: %v", nameOf(a.function), err)
	}
	allowed, err := v.PolicyDocument.allows(h.arn("$connect"))
	if err != nil {
		return 0, internal(http.StatusInternalServerError, "the answer of the authorizer %s: %v", nameOf(a.function), err)
	}
	if !allowed { // that a policy that says nothing of the route has the same answer is unverified
		return 0, forbidden("the authorizer " + nameOf(a.function) + " does not allow " + h.arn("$connect"))
	}
	h.Authorizer = v.said
	return h.plane.pace.Now().Sub(began), nil
}

func unauthorized(reason string) *failure {
	return refusal(http.StatusUnauthorized, "Unauthorized", reason)
}

// identify is what stands at an identity source. Stages have no variables here.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers.html
func (h *handshake) identify(source string, told requestContext) string {
	if name, ok := strings.CutPrefix(source, "route.request.header."); ok {
		if strings.EqualFold(name, "Host") {
			return h.Domain
		}
		return h.r.Header.Get(name)
	}
	if name, ok := strings.CutPrefix(source, "route.request.querystring."); ok {
		return h.r.URL.Query().Get(name)
	}
	path, ok := strings.CutPrefix(source, "context.")
	if !ok {
		return ""
	}
	var context any
	text, err := json.Marshal(told)
	if err != nil || json.Unmarshal(text, &context) != nil {
		return ""
	}
	value, _ := textAt(context, strings.Split(path, "."))
	return value
}

// verdict is what an authorizer answers.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
type verdict struct {
	PrincipalID        string                     `json:"principalId"`
	PolicyDocument     *policy                    `json:"policyDocument"`
	Context            map[string]json.RawMessage `json:"context"`
	UsageIdentifierKey string                     `json:"usageIdentifierKey"` // of usage plans, which are not modelled

	said map[string]string
}

// parseVerdict reads an authorizer's answer. All that it said of the client becomes text, as functions get it; lists
// and structures are wrong.
func parseVerdict(payload []byte) (*verdict, error) {
	if len(payload) > largestVerdict {
		return nil, fmt.Errorf("it is over %d bytes", largestVerdict)
	}
	v := &verdict{said: map[string]string{}}
	if err := json.Unmarshal(payload, v); err != nil {
		return nil, err
	}
	if v.PrincipalID == "" {
		return nil, errors.New("it has no principalId")
	}
	if v.PolicyDocument == nil {
		return nil, errors.New("it has no policyDocument")
	}
	for name, raw := range v.Context {
		text, ok := plainText(decoded(raw))
		if !ok {
			return nil, fmt.Errorf("%s in its context is neither a string nor a number nor a boolean", name)
		}
		v.said[name] = text
	}
	v.said["principalId"] = v.PrincipalID
	return v, nil
}

// decoded is JSON with its numbers as they are written.
func decoded(raw json.RawMessage) any {
	var value any
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	_ = decoder.Decode(&value) // it was read before
	return value
}
