package artifact

import "regexp"

// Root is the prefix of everything that any version of plldb puts into the bucket.
const Root = "plldb/versions/"

// Prefix is where one version of plldb keeps its objects (R8, R9).
func Prefix(version string) string { return Root + version + "/" }

// ArchiveKey is the key of one function's zip (R8).
func ArchiveKey(version, name string) string {
	return Prefix(version) + "lambda_functions/" + name + ".zip"
}

// TemplateKey is the key of the rendered template (R9).
func TemplateKey(version string) string { return Prefix(version) + "template.yaml" }

// ours matches the keys that some version of plldb writes, and no others.
var ours = regexp.MustCompile(`^plldb/versions/[^/]+/(template\.yaml|lambda_functions/[^/]+\.zip)$`)

// IsOurs says whether a key is one that some version of plldb writes; a purge removes those and nothing else.
func IsOurs(key string) bool { return ours.MatchString(key) }
