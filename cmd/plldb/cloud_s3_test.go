package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
)

// version is one object version in the bucket.
type version struct{ key, id, sha256, body string }

// setting is one sub-resource of a bucket: what was PUT is what is got, or the code none.
type setting struct{ sub, get, put, none string }

func settings() []setting {
	return []setting{
		{"publicAccessBlock", "GetPublicAccessBlock", "PutPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration"},
		{"ownershipControls", "GetBucketOwnershipControls", "PutBucketOwnershipControls", "OwnershipControlsNotFoundError"},
		{"encryption", "GetBucketEncryption", "PutBucketEncryption", "ServerSideEncryptionConfigurationNotFoundError"},
		{"versioning", "GetBucketVersioning", "PutBucketVersioning", ""},
		{"policy", "GetBucketPolicy", "PutBucketPolicy", "NoSuchBucketPolicy"},
		{"lifecycle", "GetBucketLifecycleConfiguration", "PutBucketLifecycleConfiguration", "NoSuchLifecycleConfiguration"},
	}
}

// operation names an S3 request as the API does.
func operation(method string, in call) string {
	for _, s := range settings() {
		if in.form.Has(s.sub) {
			return map[string]string{http.MethodGet: s.get, http.MethodPut: s.put}[method]
		}
	}
	switch {
	case in.form.Has("versions"):
		return "ListObjectVersions"
	case in.form.Has("delete"):
		return "DeleteObjects"
	case in.key != "":
		return map[string]string{http.MethodPut: "PutObject", http.MethodHead: "HeadObject"}[method]
	}
	return map[string]string{
		http.MethodPut: "CreateBucket", http.MethodHead: "HeadBucket", http.MethodDelete: "DeleteBucket",
	}[method]
}

func (c *cloud) playS3(plays map[string]func(call) reply) {
	for _, s := range settings() {
		plays[s.get] = c.owned(func(call) reply { return c.setting(s) })
		plays[s.put] = c.owned(func(in call) reply { c.settings[s.sub] = string(in.body); return reply{} })
	}
	plays["CreateBucket"] = c.create
	plays["HeadBucket"] = c.owned(func(call) reply { return reply{} })
	plays["ListObjectVersions"] = c.owned(c.list)
	plays["PutObject"] = c.owned(c.put)
	plays["HeadObject"] = c.owned(c.head)
	plays["DeleteObjects"] = c.owned(c.remove)
	plays["DeleteBucket"] = c.owned(func(call) reply {
		if len(c.versions) > 0 {
			return fail(http.StatusConflict, "BucketNotEmpty", "The bucket you tried to delete is not empty.")
		}
		c.bucket = false
		return reply{status: http.StatusNoContent}
	})
}

func (c *cloud) create(in call) reply {
	c.bucket, c.settings = true, map[string]string{}
	if rule := in.head.Get("x-amz-object-ownership"); rule != "" {
		c.settings["ownershipControls"] = "<OwnershipControls><Rule><ObjectOwnership>" + rule +
			"</ObjectOwnership></Rule></OwnershipControls>"
	}
	return reply{}
}

// owned answers as a bucket does that knows its owner (trap 17).
func (c *cloud) owned(play func(call) reply) func(call) reply {
	return func(in call) reply {
		switch {
		case !c.bucket:
			return fail(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
		case in.head.Get("x-amz-expected-bucket-owner") != accountID:
			return fail(http.StatusForbidden, "AccessDenied", "Access Denied")
		}
		return play(in)
	}
}

func (c *cloud) setting(s setting) reply {
	body, ok := c.settings[s.sub]
	switch {
	case ok:
		return reply{body: body}
	case s.none == "":
		return reply{body: "<VersioningConfiguration/>"}
	}
	return fail(http.StatusNotFound, s.none, "It is not set.")
}

func (c *cloud) put(in call) reply {
	sum := sha256.Sum256(in.body)
	digest := base64.StdEncoding.EncodeToString(sum[:])
	if in.head.Get("x-amz-checksum-sha256") != digest {
		return fail(http.StatusBadRequest, "BadDigest", "The SHA256 you specified did not match the calculated checksum.")
	}
	before := 0 // uploads come side by side: only those of the same key are in order
	for _, v := range c.versions {
		if v.key == in.key {
			before++
		}
	}
	v := version{key: in.key, id: fmt.Sprintf("%s.%d", path.Base(in.key), before+1), sha256: digest, body: string(in.body)}
	c.versions = append(c.versions, v)
	return reply{head: map[string]string{"x-amz-version-id": v.id}}
}

// objects are all versions in the bucket.
func (c *cloud) objects() []version {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.versions)
}

// find returns the version of that key and id.
func (c *cloud) find(key, id string) (version, bool) {
	i := slices.IndexFunc(c.versions, func(v version) bool { return v.key == key && v.id == id })
	if i < 0 {
		return version{}, false
	}
	return c.versions[i], true
}

func (c *cloud) head(in call) reply {
	v, ok := c.find(in.key, in.form.Get("versionId"))
	if !ok {
		return fail(http.StatusNotFound, "NotFound", "")
	}
	return reply{head: map[string]string{"x-amz-checksum-sha256": v.sha256, "x-amz-version-id": v.id}}
}

func (c *cloud) list(in call) reply {
	var b strings.Builder
	latest := map[string]bool{}
	for _, v := range slices.Backward(c.versions) {
		if strings.HasPrefix(v.key, in.form.Get("prefix")) {
			fmt.Fprintf(&b, "<Version><Key>%s</Key><VersionId>%s</VersionId><IsLatest>%t</IsLatest><Size>%d</Size></Version>",
				v.key, v.id, !latest[v.key], len(v.body))
			latest[v.key] = true
		}
	}
	return reply{body: "<ListVersionsResult>" + b.String() + "</ListVersionsResult>"}
}

func (c *cloud) remove(in call) reply {
	var list struct {
		Objects []struct {
			Key string
			ID  string `xml:"VersionId"`
		} `xml:"Object"`
	}
	if err := xml.Unmarshal(in.body, &list); err != nil {
		return fail(http.StatusBadRequest, "MalformedXML", err.Error())
	}
	for _, o := range list.Objects {
		c.versions = slices.DeleteFunc(c.versions, func(v version) bool { return v.key == o.Key && v.id == o.ID })
	}
	return reply{body: "<DeleteResult/>"}
}
