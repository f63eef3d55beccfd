package account

import "strings"

// actionOf names the IAM action that allows an operation. Most are called alike; these are not (IAM's service
// authorization reference, Amazon S3). HeadObject and DeleteObjects are meant as plldb uses them, with version ids.
func actionOf(service, operation string) string {
	prefix := strings.ToLower(strings.ReplaceAll(service, " ", ""))
	if other, ok := otherNames()[prefix+":"+operation]; ok {
		return other
	}
	return prefix + ":" + operation
}

func otherNames() map[string]string {
	return map[string]string{
		"s3:HeadBucket":                      "s3:ListBucket",
		"s3:HeadObject":                      "s3:GetObjectVersion",
		"s3:ListObjectVersions":              "s3:ListBucketVersions",
		"s3:ListObjectsV2":                   "s3:ListBucket",
		"s3:DeleteObjects":                   "s3:DeleteObjectVersion",
		"s3:GetPublicAccessBlock":            "s3:GetBucketPublicAccessBlock",
		"s3:PutPublicAccessBlock":            "s3:PutBucketPublicAccessBlock",
		"s3:GetBucketEncryption":             "s3:GetEncryptionConfiguration",
		"s3:PutBucketEncryption":             "s3:PutEncryptionConfiguration",
		"s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
		"s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
	}
}
