package lambda

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/execution"
	"github.com/plldb/plldb/pkg/localcloud/store"
)

// execution is the function as it runs. Its revision is another one after each change of code and configuration, and
// stays when tags or the policy change.
func (s *Service) execution(f *function) execution.Function {
	return execution.Function{
		ARN: f.arn(), Name: f.FunctionName, Version: "$LATEST", Revision: f.Revision, Code: f.CodeSum, Handler: f.Handler,
		Memory: f.memory(), Timeout: time.Duration(f.timeout()) * time.Second, LogGroup: f.logging().LogGroup,
		Environment: s.environment(f), Account: f.Account, Region: f.Region,
	}
}

// environment is what Lambda sets for an OS-only runtime (which has no AWS_EXECUTION_ENV), but for what only the
// process's environment knows, and the function's own variables, which may replace what is not reserved.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
//
// AWS_ENDPOINT_URL is none of Lambda's: SDKs find the local cloud by it.
func (s *Service) environment(f *function) map[string]string {
	key, secret, token := s.credentials(f)
	e := map[string]string{
		"AWS_REGION":                      f.Region,
		"AWS_DEFAULT_REGION":              f.Region,
		"AWS_ACCESS_KEY_ID":               key,
		"AWS_SECRET_ACCESS_KEY":           secret,
		"AWS_SESSION_TOKEN":               token,
		"AWS_LAMBDA_FUNCTION_NAME":        f.FunctionName,
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(f.memory()),
		"AWS_LAMBDA_LOG_GROUP_NAME":       f.logging().LogGroup,
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"LAMBDA_RUNTIME_DIR":              "/var/runtime",
	}
	if url := s.endpoint(); url != "" {
		e["AWS_ENDPOINT_URL"] = url
	}
	if f.Environment != nil {
		maps.Copy(e, f.Environment.Variables)
	}
	return e
}

// credentials are made up, and look like a role's temporary ones. They are the same each time, so that what runs stays
// what it is.
func (s *Service) credentials(f *function) (key, secret, token string) {
	sum := sha256.Sum256([]byte("secret of " + f.arn()))
	return s.AccessKey(f.Account), base64.StdEncoding.EncodeToString(sum[:30]),
		"IQoJb3JpZ2luX2Vj" + base64.StdEncoding.EncodeToString(sum[:])
}

// AccessKey is the access key that functions of an account have. It says whose it is: the account's number, and a sum
// by which AccountOf knows it, and which nobody can make who does not know Config.Secret.
func (s *Service) AccessKey(account string) string {
	n, _ := strconv.ParseUint(account, 10, 40) // twelve digits
	sum := hmac.New(sha256.New, []byte(s.secret))
	_, _ = io.WriteString(sum, "access key of "+account) // it never fails
	number := []byte{byte(n >> 32), byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
	return "ASIA" + base32.StdEncoding.EncodeToString(append(number, sum.Sum(nil)[:15]...))
}

// AccountOf is the account of a function's access key; false says that it is none.
func (s *Service) AccountOf(key string) (string, bool) {
	text, ok := strings.CutPrefix(key, "ASIA")
	b, err := base32.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(b) != 20 {
		return "", false
	}
	n := uint64(b[0])<<32 | uint64(b[1])<<24 | uint64(b[2])<<16 | uint64(b[3])<<8 | uint64(b[4])
	account := fmt.Sprintf("%012d", n)
	return account, hmac.Equal([]byte(s.AccessKey(account)), []byte(key))
}

// Code gives the zip of a digest.
func (s *Service) Code(ctx context.Context, sum string) ([]byte, error) {
	var code []byte
	err := s.store.Update(ctx, func(tx *store.Tx) error {
		code = store.Bytes(tx, sum)
		return nil
	})
	return code, err
}

// traceID is a header of X-Ray's for a call that came without one. Nothing is sampled.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
func traceID(now time.Time) string {
	var b [20]byte
	_, _ = rand.Read(b[:]) // it never fails
	return fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0", now.Unix(), hex.EncodeToString(b[:12]),
		hex.EncodeToString(b[12:]))
}
