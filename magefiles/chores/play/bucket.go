package play

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/plldb/plldb/magefiles/chores/drive"
	"github.com/plldb/plldb/magefiles/chores/python"
)

// handlers are the functions that R18 names, sorted.
func handlers() []string {
	return []string{
		"ws_api_authorize_handler", "ws_api_connect_handler", "ws_api_default_handler", "ws_api_disconnect_handler",
	}
}

// outcome checks what plldb itself says after the first setup.
func (p *Play) outcome(o drive.Outcome) error {
	var names, keys, want []string
	for _, f := range o.Functions {
		names, keys = append(names, f.Name), append(keys, f.Key)
	}
	slices.Sort(names)
	slices.Sort(keys)
	for _, name := range handlers() {
		want = append(want, "plldb/versions/"+o.Version+"/lambda_functions/"+name+".zip")
	}

	return p.same(
		is{"it packaged the four functions (R18)", handlers(), names},
		is{"each has its key (R8)", want, keys},
		is{"all were sent", handlers(), sent(o)},
		is{"it names account and region (R5)", []string{p.Account, p.Region}, []string{o.Account, o.Region}},
		is{"it names the bucket (R7)", p.Bucket(), o.Bucket},
	)
}

// bucket checks the bucket's settings, one by one (R7).
func (p *Play) bucket(drive.Outcome) error {
	in := python.Params{"Bucket": p.Bucket()}
	location := any(p.Region)
	if p.Region == "us-east-1" {
		location = nil // trap 2
	}
	if err := p.hold(
		fact{"the bucket lies in the region", "s3", "get_bucket_location", in, "LocationConstraint", location},
		fact{
			"no public access, in four ways", "s3", "get_public_access_block", in, "PublicAccessBlockConfiguration",
			map[string]bool{
				"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
			},
		},
		fact{
			"objects belong to the bucket's owner", "s3", "get_bucket_ownership_controls", in,
			"OwnershipControls.Rules.0.ObjectOwnership", "BucketOwnerEnforced",
		},
		fact{
			"objects are encrypted", "s3", "get_bucket_encryption", in,
			"ServerSideEncryptionConfiguration.Rules.0.ApplyServerSideEncryptionByDefault.SSEAlgorithm", "AES256",
		},
		fact{"objects are versioned", "s3", "get_bucket_versioning", in, "Status", "Enabled"},
	); err != nil {
		return err
	}
	if err := p.policy(); err != nil {
		return err
	}
	return p.lifecycle()
}

// policy checks that what does not come over TLS is denied.
func (p *Play) policy() error {
	answer, err := p.Reader.Ask("s3", "get_bucket_policy", python.Params{"Bucket": p.Bucket()})
	if err != nil {
		return err
	}
	var policy any
	if err := json.Unmarshal([]byte(word(answer, "Policy")), &policy); err != nil {
		return err
	}
	var denied []any
	for _, statement := range list(policy, "Statement") {
		if word(statement, "Effect") == "Deny" {
			denied = append(denied, Dig(statement, "Condition"))
		}
	}
	want := []any{map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}}}
	return p.same(is{"only TLS is let in", want, denied})
}

// lifecycle checks that nothing ever expires but old versions and abandoned uploads (trap 27).
func (p *Play) lifecycle() error {
	answer, err := p.Reader.Ask("s3", "get_bucket_lifecycle_configuration", python.Params{"Bucket": p.Bucket()})
	if err != nil {
		return err
	}
	var ends []any
	for _, rule := range list(answer, "Rules") {
		ends = append(ends, map[string]any{
			"enabled": word(rule, "Status"), "current": Dig(rule, "Expiration"), "moved": Dig(rule, "Transitions"),
			"old": Dig(rule, "NoncurrentVersionExpiration"), "abandoned": Dig(rule, "AbortIncompleteMultipartUpload") != nil,
		})
	}
	want := []any{map[string]any{
		"enabled": "Enabled", "current": nil, "moved": nil,
		"old": map[string]int{"NoncurrentDays": 90, "NewerNoncurrentVersions": 5}, "abandoned": true,
	}}
	return p.same(is{"only old versions and abandoned uploads expire", want, ends})
}

// objects checks what lies in the bucket: four zips and the template, each once (R8, R9).
func (p *Play) objects(o drive.Outcome) error {
	want := []string{"plldb/versions/" + o.Version + "/template.yaml"}
	for _, f := range o.Functions {
		want = append(want, f.Key)
	}
	slices.Sort(want)
	versions, err := p.versions()
	if err != nil {
		return err
	}
	if err := p.same(is{"the bucket holds the zips and the template, each once (R8, R9)", want, versions}); err != nil {
		return err
	}
	for _, f := range o.Functions {
		if err := p.hold(fact{
			"S3 holds " + f.Name + " with the outcome's digest", "s3", "head_object",
			python.Params{"Bucket": p.Bucket(), "Key": f.Key, "VersionId": f.VersionID, "ChecksumMode": "ENABLED"},
			"ChecksumSHA256", f.SHA256,
		}); err != nil {
			return err
		}
	}
	return nil
}

// versions gives the keys of the bucket's objects, sorted: one that has several versions several times.
func (p *Play) versions() ([]string, error) {
	answer, err := p.Reader.Ask("s3", "list_object_versions", python.Params{"Bucket": p.Bucket()})
	if err != nil {
		return nil, err
	}
	keys := []string{}
	for _, version := range append(list(answer, "Versions"), list(answer, "DeleteMarkers")...) {
		keys = append(keys, word(version, "Key"))
	}
	slices.Sort(keys)
	return keys, nil
}

// zips counts those of the keys that are packages.
func zips(keys []string) int {
	n := 0
	for _, key := range keys {
		if strings.HasSuffix(key, ".zip") {
			n++
		}
	}
	return n
}
