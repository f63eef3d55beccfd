package localcloud_test

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/clock"
)

// account is a cloud at top speed, with a versioned bucket of packages.
type account struct {
	testing.TB
	*cloudformation.Client
	server  *localcloud.Server
	config  aws.Config
	buckets *s3.Client
	runs    map[string]string // which program is packed, by the names of the functions; each one's own where there is none
}

const packages = "packages"

func newAccount(t testing.TB) *account {
	t.Helper()
	server, config := serve(t, localcloud.Options{Clock: clock.Real(clock.Top)})
	a := accountAt(t, server, config)
	a.prepare()
	return a
}

// accountAt speaks to a server.
func accountAt(t testing.TB, server *localcloud.Server, config aws.Config) *account {
	return &account{
		TB: t, Client: cloudformation.NewFromConfig(config), server: server, config: config,
		buckets: s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true }),
	}
}

// prepare makes the bucket of packages.
func (a *account) prepare() {
	a.Helper()
	_, err := a.buckets.CreateBucket(a.Context(), &s3.CreateBucketInput{Bucket: aws.String(packages)})
	a.must(err)
	_, err = a.buckets.PutBucketVersioning(a.Context(), &s3.PutBucketVersioningInput{
		Bucket: aws.String(packages), VersioningConfiguration: &s3types.VersioningConfiguration{Status: "Enabled"},
	})
	a.must(err)
}

func (a *account) must(err error) {
	a.Helper()
	if err != nil {
		a.Fatal(err)
	}
}

// put uploads an object, and gives its version.
func (a *account) put(key string, data []byte) string {
	a.Helper()
	out, err := a.buckets.PutObject(a.Context(), &s3.PutObjectInput{
		Bucket: aws.String(packages), Key: &key, Body: bytes.NewReader(data),
	})
	a.must(err)
	return *out.VersionId
}

// packed is a package whose program is the text.
func (a *account) packed(text string) []byte {
	a.Helper()
	data, err := zipOf(text)
	a.must(err)
	return data
}

func zipOf(text string) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("bootstrap")
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(w, text)
	err = errors.Join(err, z.Close())
	return b.Bytes(), err
}

var placeholder = regexp.MustCompile(`\$\{plldb:([^}]*)\}`)

// render uploads a package for each function that a template names in its placeholders, and fills these.
func (a *account) render(text []byte) []byte {
	a.Helper()
	versions := map[string]string{}
	return placeholder.ReplaceAllFunc(text, func(found []byte) []byte {
		name := string(placeholder.FindSubmatch(found)[1])
		rest, ofFunction := strings.CutPrefix(name, "functions.")
		function, what, _ := strings.Cut(rest, ".")
		switch {
		case name == "bucket":
			return []byte(packages)
		case !ofFunction:
			return []byte("v0.0.0")
		case what == "key":
			return []byte(function + ".zip")
		case versions[function] == "":
			versions[function] = a.put(function+".zip", a.packed(cmp.Or(a.runs[function], function)))
		}
		return []byte(versions[function])
	})
}

// deploy makes a stack of a template, as large as it is.
func (a *account) deploy(name string, text []byte) {
	a.Helper()
	_, err := a.CreateStack(a.Context(), &cloudformation.CreateStackInput{
		StackName: &name, TemplateURL: a.at(name, text), Capabilities: []types.Capability{types.CapabilityCapabilityIam},
	})
	a.must(err)
	a.reached(name, types.StackStatusCreateComplete)
}

// redeploy makes a stack what another template says.
func (a *account) redeploy(name string, text []byte) {
	a.Helper()
	_, err := a.UpdateStack(a.Context(), &cloudformation.UpdateStackInput{
		StackName: &name, TemplateURL: a.at(name, text), Capabilities: []types.Capability{types.CapabilityCapabilityIam},
	})
	a.must(err)
	a.reached(name, types.StackStatusUpdateComplete)
}

// at uploads a template, and gives its address.
func (a *account) at(name string, text []byte) *string {
	a.Helper()
	version := a.put(name+".yaml", text)
	return aws.String(a.server.URL + "/" + packages + "/" + name + ".yaml?versionId=" + url.QueryEscape(version))
}

func (a *account) reached(name string, status types.StackStatus) {
	a.Helper()
	out, err := a.DescribeStacks(a.Context(), &cloudformation.DescribeStacksInput{StackName: &name})
	a.must(err)
	if st := out.Stacks[0]; st.StackStatus != status {
		a.Fatalf("the stack %s is %s: %s", name, st.StackStatus, aws.ToString(st.StackStatusReason))
	}
}

// resources are the physical ids of a stack's resources, by their logical ids.
func (a *account) resources(name string) map[string]string {
	a.Helper()
	physical := map[string]string{}
	in := &cloudformation.ListStackResourcesInput{StackName: &name}
	for pages := cloudformation.NewListStackResourcesPaginator(a, in); pages.HasMorePages(); {
		page, err := pages.NextPage(a.Context())
		a.must(err)
		for _, r := range page.StackResourceSummaries {
			physical[*r.LogicalResourceId] = aws.ToString(r.PhysicalResourceId)
		}
	}
	return physical
}
