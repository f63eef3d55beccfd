package wire_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

func (c *cloud) config(key string) aws.Config {
	return aws.Config{
		Region: "eu-west-1", BaseEndpoint: &c.URL, HTTPClient: c.Client(),
		Credentials: credentials.NewStaticCredentialsProvider(key, "secret", ""),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
	}
}

func (c *cloud) s3() *s3.Client {
	return s3.NewFromConfig(c.config("AKIDONE"), func(o *s3.Options) { o.UsePathStyle = true })
}

func codeOf(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode() + ": " + e.ErrorMessage()
	}
	return "no API error: " + err.Error()
}

func TestTheSDKIsUnderstoodAndUnderstands(t *testing.T) {
	c := start(t)
	out, err := sts.NewFromConfig(c.config("AKIDONE")).GetCallerIdentity(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if *out.Account != "111111111111" || *out.Arn != "arn:aws:sts:eu-west-1:111111111111:root" {
		t.Errorf("got %s, %s", *out.Account, *out.Arn)
	}
	if last := c.last(); last.Service != "sts" || last.Region != "eu-west-1" || last.AccessKey != "AKIDONE" ||
		!last.Secure || last.Time.Year() != 2026 {
		t.Errorf("the call is %+v", last)
	}
}

func TestTheSDKReadsRefusals(t *testing.T) {
	c := start(t)
	ctx := t.Context()
	one := c.config("AKIDONE")
	cases := map[string]struct {
		call func() error
		want string
	}{
		"nobody's key, query": {func() error {
			_, err := sts.NewFromConfig(c.config("AKIDNOBODY")).GetCallerIdentity(ctx, nil)
			return err
		}, "InvalidClientTokenId: The security token included in the request is invalid."},
		"nobody's key, S3": {func() error {
			client := s3.NewFromConfig(c.config("AKIDNOBODY"), func(o *s3.Options) { o.UsePathStyle = true })
			_, err := client.ListBuckets(ctx, nil)
			return err
		}, "InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records."},
		"an unknown operation": {func() error {
			_, err := cloudformation.NewFromConfig(one).ListExports(ctx, nil)
			return err
		}, "InvalidAction: Could not find operation ListExports for version 2010-05-15 " +
			"(plldb's local cloud models a part of AWS)"},
		"an unknown parameter": {func() error {
			in := &cloudformation.DescribeStacksInput{NextToken: aws.String("x")}
			_, err := cloudformation.NewFromConfig(one).DescribeStacks(ctx, in)
			return err
		}, "ValidationError: plldb's local cloud does not model the parameter NextToken of DescribeStacks"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			if err := test.call(); err == nil || codeOf(err) != test.want {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestUnknownServicesRefuseInTheProtocolOfTheRequest(t *testing.T) {
	c := start(t)
	for _, r := range []*http.Request{c.form(t, "sqs", "Action=ListQueues"), c.signed(t, "kms", "POST", "/", "{}")} {
		status, body := c.send(t, r)
		if status != 501 || !strings.Contains(body, "NotImplemented") || !strings.Contains(body, "has no service") {
			t.Errorf("got %d %s", status, body)
		}
		xmlWanted := r.Header.Get("Content-Type") != ""
		if got := xml.Unmarshal([]byte(body), new(any)) == nil && strings.HasPrefix(body, "<"); got != xmlWanted {
			t.Errorf("got %s", body)
		}
		if got := json.Valid([]byte(body)); got == xmlWanted {
			t.Errorf("got %s", body)
		}
	}
	if c.last() != nil {
		t.Error("something was called")
	}
}

func TestIdentify(t *testing.T) {
	const v4 = "AWS4-HMAC-SHA256 Credential="
	const scope = v4 + "AKIDONE/20261121/us-gov-west-1/s3/aws4_request"
	const chinese = "?X-Amz-Credential=AKIDONE%2F20261121%2Fcn-north-1%2Fs3%2Faws4_request"
	const one = "111111111111"
	cases := map[string]struct {
		header, query               string
		account, region, key, parts string
	}{
		"header":           {scope + ", SignedHeaders=a;b, Signature=0", "", one, "us-gov-west-1", "AKIDONE", "aws-us-gov"},
		"header, no space": {scope + ",SignedHeaders=a;b,Signature=0", "", one, "us-gov-west-1", "AKIDONE", "aws-us-gov"},
		"presigned":        {"", chinese, one, "cn-north-1", "AKIDONE", "aws-cn"},
		"nobody":           {"", "", "", "", "", "aws"},
		"half a scope":     {v4 + "AKIDONE/20261121/s3, Signature=0", "", "", "", "", "aws"},
		"no date":          {v4 + "AKIDONE/2026/eu-west-1/s3/aws4_request", "", "", "", "", "aws"},
		"version 2":        {"AWS AKIDONE:signature", "", "", "", "", "aws"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			c := start(t)
			r := c.signed(t, "s3", "GET", "/key"+test.query, "")
			r.Header.Set("Authorization", test.header)
			if status, body := c.send(t, r); status != 200 {
				t.Fatalf("got %d %s", status, body)
			}
			got := c.last()
			if got.Account != test.account || got.Region != test.region || got.AccessKey != test.key ||
				got.Partition() != test.parts || got.Service != "s3" {
				t.Errorf("got %q %q %q %q", got.Account, got.Region, got.AccessKey, got.Partition())
			}
		})
	}
}

func TestPartitions(t *testing.T) {
	for region, want := range map[string]string{
		"eu-west-1": "aws", "cn-north-1": "aws-cn", "us-gov-east-1": "aws-us-gov", "eusc-de-east-1": "aws-eusc",
		"us-iso-east-1": "aws-iso", "us-isob-east-1": "aws-iso-b", "eu-isoe-west-1": "aws-iso-e",
		"us-isof-south-1": "aws-iso-f",
	} {
		if got := (&wire.Call{Region: region}).Partition(); got != want {
			t.Errorf("%s is in %s", region, got)
		}
	}
}

func TestAfterIsToldHowItWent(t *testing.T) {
	c := start(t)
	for _, r := range []*http.Request{
		c.form(t, "sts", "Action=GetCallerIdentity&Version=2011-06-15"),
		c.form(t, "sts", "Action=GetCallerIdentity&Version=2011-06-15&Fail=wrong"),
		c.form(t, "sts", "Action=Other&Version=2011-06-15"),
		c.signed(t, "s3", "GET", "/key", ""),
		c.signed(t, "s3", "GET", "/refused/key", ""),
	} {
		c.send(t, r)
	}
	want := []told{
		{"GetCallerIdentity", 200, ""},
		{"GetCallerIdentity", 400, "ValidationError"},
		{"Other", 400, "InvalidAction"},
		{"GET", 200, ""},
		{"GET", 403, "AccessDenied"},
	}
	if got := c.after(); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestSettleComesBeforeTheServiceAndMayFail(t *testing.T) {
	c := start(t)
	var settled atomic.Int32
	c.router.Settle = func(ctx context.Context) error {
		if settled.Add(1) == 1 {
			return errors.New("the state is damaged")
		}
		if ctx.Done() != nil {
			t.Error("a client that leaves stops it")
		}
		return nil
	}
	for i, want := range []string{"the state is damaged", "<Account>111111111111"} {
		_, body := c.send(t, c.form(t, "sts", "Action=GetCallerIdentity&Version=2011-06-15"))
		if !strings.Contains(body, want) || (c.last() != nil) != (i == 1) {
			t.Errorf("got %s, then %v", body, c.last())
		}
	}
}

func TestLargeBodiesAreRefused(t *testing.T) {
	c := start(t)
	for size, want := range map[int]int{1 << 20: 200, 1<<20 + 1: 413, 8 << 20: 413} {
		form := "Action=GetCallerIdentity&Version=2011-06-15&StackName="
		r := c.form(t, "sts", form+strings.Repeat("a", size-len(form)))
		status, body := c.send(t, r)
		if status != want || want == 413 && !strings.Contains(body, "RequestEntityTooLarge") {
			t.Errorf("%d bytes: got %d %.300s", size, status, body)
		}
	}
}

// A refused S3 upload's body is not looked at; the client shall see the refusal all the same, and go on.
func TestARefusedUploadIsAnswered(t *testing.T) {
	c := start(t)
	body := strings.Repeat("x", 5<<20)
	_, err := c.s3().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("refused"), Key: aws.String("key"), Body: strings.NewReader(body),
	})
	if err == nil || codeOf(err) != "AccessDenied: Access <Denied>" {
		t.Errorf("the SDK sees %v", err)
	}
	for _, expect := range []string{"", "100-continue"} {
		r := c.signed(t, "s3", "PUT", "/refused/key", body)
		r.Header.Set("Expect", expect)
		if status, text := c.send(t, r); status != 403 || !strings.Contains(text, "AccessDenied") {
			t.Errorf("expecting %q: got %d %s", expect, status, text)
		}
	}
	if status, text := c.send(t, c.signed(t, "s3", "PUT", "/key", body)); status != 200 || text != body {
		t.Errorf("the next one: got %d, %d bytes", status, len(text))
	}
}

// urllib3 and others send all of a body before they look at the answer.
func TestARefusedUploadIsReadFromAClientThatSendsFirst(t *testing.T) {
	c := start(t)
	connection := dial(t, c)
	request := "PUT /refused/key HTTP/1.1\r\nHost: local\r\nContent-Length: 5000000\r\n\r\n" +
		strings.Repeat("x", 5_000_000) +
		"GET /key HTTP/1.1\r\nHost: local\r\nConnection: close\r\n\r\n"
	if _, err := io.WriteString(connection, request); err != nil {
		t.Fatal(err)
	}
	answers, err := io.ReadAll(connection)
	if err != nil || !strings.HasPrefix(string(answers), "HTTP/1.1 403 ") ||
		!strings.Contains(string(answers), "HTTP/1.1 200 OK") {
		t.Errorf("got %s, %v", answers, err)
	}
}

func TestHeadRefusalsHaveNoBody(t *testing.T) {
	c := start(t)
	_, err := c.s3().HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("refused"), Key: aws.String("key")})
	if err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("the SDK sees %v", err)
	}
	for range 2 { // the second is on the same connection
		if status, body := c.send(t, c.signed(t, "s3", "HEAD", "/refused/key", "")); status != 403 || body != "" {
			t.Errorf("got %d %q", status, body)
		}
	}
}

func TestHalfAnAnswerDoesNotBecomeAnError(t *testing.T) {
	c := start(t)
	answer, err := c.Client().Do(c.signed(t, "s3", "PUT", "/half", strings.Repeat("x", 10_000)))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err == nil {
		t.Errorf("got %d, %d bytes, and no error", answer.StatusCode, len(text))
	}
	if told := c.after(); len(told) > 0 {
		t.Errorf("After was told %v", told)
	}
}

func TestAClientThatLeavesDoesNotStopTheService(t *testing.T) {
	c := start(t)
	entered, free, over := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	c.router.Services["sts"].(*wire.Query).Operations["GetCallerIdentity"] = wire.QueryOperation{
		Do: func(ctx context.Context, call *wire.Call, _ wire.Form) (any, error) {
			close(entered)
			<-call.Context().Done()
			<-free
			over <- ctx.Err()
			return nil, nil
		},
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		answer, err := c.Client().Do(c.form(t, "sts", "Action=GetCallerIdentity&Version=2011-06-15").WithContext(ctx))
		if err == nil {
			answer.Body.Close()
			t.Error("it was answered")
		}
	}()
	<-entered
	cancel()
	<-done
	close(free)
	if err := <-over; err != nil {
		t.Errorf("its ctx is done: %v", err)
	}
}
