//go:build unix

package main

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// account is all that tells one account where plldb was at work from another, as text: stacks, what they are made of,
// the bucket with its settings, and the objects in it.
func (s *scene) account(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, st := range s.stacks(t) {
		fmt.Fprintf(&b, "stack %s: %s\n", *st.StackName, st.StackStatus)
	}
	fmt.Fprintf(&b, "functions with the code %v\n", s.code(t))
	roles := s.ask(t, "iam", http.MethodPost, "/", "Action=ListRoles&Version=2010-05-08")
	tables := s.ask(t, "dynamodb", http.MethodPost, "/", "{}", "DynamoDB_20120810.ListTables")
	groups := s.ask(t, "logs", http.MethodPost, "/", "{}", "Logs_20140328.DescribeLogGroups")
	apis := s.ask(t, "apigateway", http.MethodGet, "/v2/apis", "")
	fmt.Fprintf(&b, "%d roles, %d tables, %d log groups, %d APIs\n", strings.Count(roles, "<RoleId>"),
		strings.Count(tables, "plldb-"), strings.Count(groups, `"logGroupName"`), strings.Count(apis, `"apiId"`))
	for _, setting := range []string{
		"versioning", "publicAccessBlock", "encryption", "ownershipControls", "policy", "lifecycle",
	} {
		text := s.ask(t, "s3", http.MethodGet, "/"+bucket+"?"+setting, "")
		fmt.Fprintf(&b, "%s: %s\n", setting, requestID.ReplaceAllString(text, ""))
	}
	for _, o := range s.objects(t) {
		fmt.Fprintln(&b, o)
	}
	return b.String()
}

var requestID = regexp.MustCompile(`<(RequestId|HostId)>[^<]*</(RequestId|HostId)>`)

// as is how the tests ask themselves.
func (s *scene) as() aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: &s.url,
		Credentials: credentials.NewStaticCredentialsProvider(testsKey, "secret", ""),
	}
}

// ask is for services whose SDK is not among the modules. The local cloud verifies no signatures.
func (s *scene) ask(t *testing.T, service, method, path, body string, target ...string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	check(t, err)
	scope := testsKey + "/20261121/" + region + "/" + service + "/aws4_request"
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+scope)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, name := range target {
		r.Header.Set("Content-Type", "application/x-amz-json-1.0")
		r.Header.Set("X-Amz-Target", name)
	}
	answer, err := http.DefaultClient.Do(r)
	check(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	check(t, err)
	return string(text)
}

// stacks are those that are there, also if they are empty.
func (s *scene) stacks(t *testing.T) []types.Stack {
	t.Helper()
	out, err := cloudformation.NewFromConfig(s.as()).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{})
	check(t, err)
	return out.Stacks
}

// changeSets are those of the stack that were not executed.
func (s *scene) changeSets(t *testing.T) []string {
	t.Helper()
	var left []string
	for _, st := range s.stacks(t) {
		out, err := cloudformation.NewFromConfig(s.as()).ListChangeSets(t.Context(),
			&cloudformation.ListChangeSetsInput{StackName: st.StackId})
		check(t, err)
		for _, cs := range out.Summaries {
			if cs.ExecutionStatus != types.ExecutionStatusExecuteComplete {
				left = append(left, string(cs.ExecutionStatus))
			}
		}
	}
	return left
}

var codeSum = regexp.MustCompile(`"CodeSha256":\s*"([^"]+)"`)

// code is the SHA-256 of each function's code, in order.
func (s *scene) code(t *testing.T) []string {
	t.Helper()
	var sums []string
	list := s.ask(t, "lambda", http.MethodGet, "/2015-03-31/functions/", "")
	for _, found := range codeSum.FindAllStringSubmatch(list, -1) {
		sums = append(sums, found[1])
	}
	slices.Sort(sums)
	return sums
}

// objects are the keys in the bucket with the digest of the newest version. Of an archive it is said how many versions
// there are: what was uploaded is not sent twice. The template is sent whenever the stack is touched.
func (s *scene) objects(t *testing.T) []string {
	t.Helper()
	client := s3.NewFromConfig(s.as(), func(o *s3.Options) { o.UsePathStyle = true })
	out, err := client.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: aws.String(bucket)})
	if err != nil {
		return []string{"no bucket"}
	}
	versions := map[string]int{}
	for _, v := range out.Versions {
		versions[*v.Key]++
	}
	var list []string
	for _, v := range out.Versions {
		if !aws.ToBool(v.IsLatest) {
			continue
		}
		text := *v.Key
		if strings.HasSuffix(text, ".zip") {
			head, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{
				Bucket: aws.String(bucket), Key: v.Key, ChecksumMode: s3types.ChecksumModeEnabled,
			})
			check(t, err)
			text += fmt.Sprintf(": %d versions, the newest %s", versions[*v.Key], aws.ToString(head.ChecksumSHA256))
		}
		list = append(list, text)
	}
	for _, m := range out.DeleteMarkers {
		list = append(list, "deleted: "+*m.Key)
	}
	return list
}
