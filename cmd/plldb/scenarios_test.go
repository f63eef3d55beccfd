package main

import "net/http"

// scenarios are what serve can play, by name; op is the operation that serve names, if any. Each changes a cloud that
// is an empty account at first.
func scenarios() map[string]func(c *cloud, op string) {
	denied := func(op string) reply {
		return fail(http.StatusForbidden, "AccessDenied", "User: "+caller+" is not authorized to perform this")
	}
	return map[string]func(*cloud, string){
		"account": func(c *cloud, _ string) {
			clear(c.odd)
			clear(c.silent)
			c.stuck, c.failing, c.lastsUntil, c.expired = false, false, "", false
		},
		"silent":  func(c *cloud, op string) { c.silent[op] = true },
		"denied":  func(c *cloud, op string) { c.odd[op] = denied(op) },
		"stuck":   func(c *cloud, _ string) { c.stuck = true },
		"failing": func(c *cloud, _ string) { c.failing = true },
		"goes-on": func(c *cloud, _ string) { c.stack.then = []string{"CREATE_COMPLETE"} },

		"expired":       func(c *cloud, _ string) { c.expired = true },
		"expires-after": func(c *cloud, op string) { c.lastsUntil = op },
		"not-enabled": func(c *cloud, _ string) {
			c.odd["GetCallerIdentity"] = fail(http.StatusForbidden, "InvalidClientTokenId",
				"The security token included in the request is invalid.")
		},
		"taken": func(c *cloud, _ string) {
			for _, s := range settings() {
				c.odd[s.get] = denied(s.get)
			}
			c.odd["ListObjectVersions"] = denied("ListObjectVersions")
			c.odd["CreateBucket"] = fail(http.StatusConflict, "BucketAlreadyExists", "The name is not available.")
		},
		"foreign": func(c *cloud, _ string) { c.stack = stackState{status: "CREATE_COMPLETE", template: "Resources: {}"} },
		"newer": func(c *cloud, _ string) {
			c.stack = stackState{status: "CREATE_COMPLETE", template: "Resources: {}", tag: true, version: "9.9.9"}
		},
	}
}
