package iam

import (
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// members is a list in an answer. The list's element is there also when the list is empty.
type members[T any] struct {
	Member []T `xml:"member"`
}

// described is a role as it is answered.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html
type described struct {
	Path                     string
	RoleName                 string
	RoleID                   string `xml:"RoleId"`
	Arn                      string
	CreateDate               string
	AssumeRolePolicyDocument string
	Description              string `xml:",omitempty"`
	MaxSessionDuration       int
	Tags                     *members[tag] `xml:",omitempty"`
	RoleLastUsed             *struct{}     `xml:",omitempty"`
}

type tag struct{ Key, Value string }

// describe is a role as lists have it: without its tags and when it was used last.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html
func describe(tx *store.Tx, r role) described {
	return described{
		Path: r.Path, RoleName: r.Name, RoleID: r.ID, Arn: r.ARN, CreateDate: r.Created.Format(time.RFC3339),
		AssumeRolePolicyDocument: encoded(trustNow(tx, r)), Description: r.Description, MaxSessionDuration: r.MaxSession,
	}
}

// describeWhole is a role as it is answered when it is asked for by name. None has ever been used.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
func describeWhole(tx *store.Tx, r role) described {
	d := describe(tx, r)
	if tags := tagsOf(r); len(tags) > 0 {
		d.Tags = &members[tag]{tags}
	}
	d.RoleLastUsed = &struct{}{}
	return d
}

func tagsOf(r role) []tag {
	var tags []tag
	for _, name := range slices.Sorted(maps.Keys(r.Tags)) {
		tags = append(tags, tag{name, r.Tags[name]})
	}
	return tags
}

// encoded is a document as IAM answers it: URL-encoded, as RFC 3986 has it.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html
func encoded(d document) string {
	return strings.ReplaceAll(url.QueryEscape(string(d)), "+", "%20")
}

// page is what a list answers beside the list. The marker is the last name of the page.
type page struct {
	IsTruncated bool
	Marker      string `xml:",omitempty"`
}

// cut is the page of a list that a call asks for. name gives what the list is sorted by.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html
func cut[T any](in wire.Form, list []T, name func(T) string) ([]T, page, error) {
	most, err := in.Int("MaxItems", 100)
	if err != nil {
		return nil, page{}, err
	}
	if most < 1 || most > 1000 {
		return nil, page{}, constraint("'"+in.Get("MaxItems")+"'", "maxItems", "have value between 1 and 1000")
	}
	if in.Has("Marker") {
		after, err := base64.StdEncoding.DecodeString(in.Get("Marker"))
		if err != nil || len(after) == 0 {
			return nil, page{}, invalid("Invalid Marker.") // the words are unverified
		}
		list = slices.DeleteFunc(list, func(one T) bool { return name(one) <= string(after) })
	}
	if len(list) <= most {
		return list, page{}, nil
	}
	last := base64.StdEncoding.EncodeToString([]byte(name(list[most-1])))
	return list[:most], page{IsTruncated: true, Marker: last}, nil
}
