package lambda

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// on finds the function that a call names, and answers with what do makes of it.
func (s *Service) on(ctx context.Context, c *wire.Call, text string,
	do func(tx *store.Tx, f *function, now time.Time) (any, error),
) (any, error) {
	name, err := named(c.Account, c.Region, text, c.URL.Query().Get("Qualifier"))
	if err != nil {
		return nil, err
	}
	var answer any
	err = s.within(ctx, func(tx *store.Tx, now time.Time) error {
		f, ok := find(tx, c.Place(), name)
		if !ok {
			return notFound("Function not found: %s", c.ARN("lambda", "function:"+name))
		}
		var err error
		answer, err = do(tx, f, now)
		return err
	})
	return answer, err
}

// https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
func (s *Service) getFunction(ctx context.Context, c *wire.Call, named map[string]string) (any, error) {
	return s.on(ctx, c, named["FunctionName"], func(_ *store.Tx, f *function, now time.Time) (any, error) {
		return map[string]any{
			"Configuration": f.configuration(now),
			"Code":          map[string]string{"RepositoryType": "S3", "Location": download(c, f, now)},
			"Tags":          f.AllTags,
		}, nil
	})
}

// download is an address that gives the code to whoever has it. On AWS it is a presigned one of S3's, valid for ten
// minutes.
func download(c *wire.Call, f *function, now time.Time) string {
	scope := []string{c.AccessKey, now.Format("20060102"), c.Region, "lambda", "aws4_request"}
	query := url.Values{
		"X-Amz-Algorithm":     {"AWS4-HMAC-SHA256"},
		"X-Amz-Credential":    {strings.Join(scope, "/")},
		"X-Amz-Date":          {now.Format("20060102T150405Z")},
		"X-Amz-Expires":       {"600"},
		"X-Amz-SignedHeaders": {"host"},
		"X-Amz-Signature":     {strings.Repeat("0", 64)}, // signatures are not verified
	}
	at := url.URL{
		Scheme: "http", Host: c.Host, Path: "/2015-03-31/functions/" + f.FunctionName + "/code", RawQuery: query.Encode(),
	}
	return at.String()
}

func (s *Service) downloadCode(ctx context.Context, c *wire.Call, named map[string]string) (any, error) {
	return s.on(ctx, c, named["FunctionName"], func(tx *store.Tx, f *function, _ time.Time) (any, error) {
		return wire.File{ContentType: "application/zip", Data: store.Bytes(tx, f.CodeSum)}, nil
	})
}

// https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html
func (s *Service) getConfiguration(ctx context.Context, c *wire.Call, named map[string]string) (any, error) {
	return s.on(ctx, c, named["FunctionName"], func(_ *store.Tx, f *function, now time.Time) (any, error) {
		return f.configuration(now), nil
	})
}

// https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
func (s *Service) listFunctions(ctx context.Context, c *wire.Call, _ map[string]string) (any, error) {
	query := c.URL.Query()
	if v := query.Get("FunctionVersion"); v != "" && v != "ALL" {
		return nil, unvalidated(v, "functionVersion", "Member must satisfy enum value set: [ALL]")
	}
	limit := 50
	if text := query.Get("MaxItems"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 10000 {
			return nil, unvalidated(text, "maxItems", "Member must have value between 1 and 10000")
		}
		limit = min(n, limit)
	}
	list := []any{}
	answer := map[string]any{}
	err := s.within(ctx, func(tx *store.Tx, now time.Time) error {
		last := ""
		store.Each(tx, functionsTable, c.Place().At(""), func(_ string, f function) bool {
			if f.FunctionName <= query.Get("Marker") {
				return true
			}
			if len(list) == limit {
				answer["NextMarker"] = last
				return false
			}
			last = f.FunctionName
			list = append(list, f.listed(now))
			return true
		})
		return nil
	})
	answer["Functions"] = list
	return answer, err
}

// listed is a function in a list, which does not tell states.
func (f *function) listed(now time.Time) map[string]any {
	c := f.configuration(now)
	for _, name := range []string{
		"State", "StateReason", "StateReasonCode", "LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode",
	} {
		delete(c, name)
	}
	return c
}

// https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html
func (s *Service) deleteFunction(ctx context.Context, c *wire.Call, named map[string]string) (any, error) {
	return s.on(ctx, c, named["FunctionName"], func(tx *store.Tx, f *function, _ time.Time) (any, error) {
		f.remove(tx)
		return nil, nil
	})
}

// https://docs.aws.amazon.com/lambda/latest/api/API_GetPolicy.html
func (s *Service) getPolicy(ctx context.Context, c *wire.Call, named map[string]string) (any, error) {
	return s.on(ctx, c, named["FunctionName"], func(_ *store.Tx, f *function, _ time.Time) (any, error) {
		if len(f.Policy) == 0 {
			return nil, notFound("The resource you requested does not exist.")
		}
		text, err := f.policyText()
		return map[string]string{"Policy": text, "RevisionId": f.PolicyRevision}, err
	})
}

// https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
func (s *Service) addPermission(ctx context.Context, c *wire.Call, named map[string]string) (any, error) {
	return wire.In(func(ctx context.Context, c *wire.Call, p permit) (any, error) {
		return s.on(ctx, c, named["FunctionName"], func(tx *store.Tx, f *function, _ time.Time) (any, error) {
			added, err := f.permit(p)
			if err != nil {
				return nil, err
			}
			f.put(tx)
			text, err := json.Marshal(added)
			return map[string]string{"Statement": string(text)}, err
		})
	})(ctx, c, c.Body)
}

// https://docs.aws.amazon.com/lambda/latest/api/API_RemovePermission.html
func (s *Service) removePermission(ctx context.Context, c *wire.Call, named map[string]string) (any, error) {
	return s.on(ctx, c, named["FunctionName"], func(tx *store.Tx, f *function, _ time.Time) (any, error) {
		if err := f.unchanged(c.URL.Query().Get("RevisionId")); err != nil {
			return nil, err
		}
		if err := f.forbid(named["StatementId"]); err != nil {
			return nil, err
		}
		f.put(tx)
		return nil, nil
	})
}

// change is what UpdateFunctionConfiguration may be told. What is not set stays.
type change struct {
	Role, Handler, Description, Runtime *string
	RevisionID                          string `json:"RevisionId"`
	MemorySize, Timeout                 *int
	Environment                         *environment
	EphemeralStorage                    *ephemeralStorage
	LoggingConfig                       *loggingConfig
	TracingConfig                       *tracingConfig
}

// https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html
func (s *Service) updateConfiguration(ctx context.Context, c *wire.Call, named map[string]string) (any, error) {
	return wire.In(func(ctx context.Context, c *wire.Call, in change) (any, error) {
		return s.on(ctx, c, named["FunctionName"], func(tx *store.Tx, f *function, now time.Time) (any, error) {
			if err := s.configure(tx, f, in, now); err != nil {
				return nil, err
			}
			f.put(tx)
			return f.configuration(now), nil
		})
	})(ctx, c, c.Body)
}

func (s *Service) configure(tx *store.Tx, f *function, in change, now time.Time) error {
	if err := f.ready(in.RevisionID, now); err != nil {
		return err
	}
	set(&f.Role, in.Role)
	set(&f.Handler, in.Handler)
	set(&f.Description, in.Description)
	set(&f.Runtime, in.Runtime)
	over(&f.MemorySize, in.MemorySize)
	over(&f.Timeout, in.Timeout)
	over(&f.Environment, in.Environment)
	over(&f.EphemeralStorage, in.EphemeralStorage)
	over(&f.LoggingConfig, in.LoggingConfig)
	over(&f.TracingConfig, in.TracingConfig)
	if err := f.check(); err != nil {
		return err
	}
	if err := f.mayRunAs(tx, s.roles, f.Role); err != nil {
		return err
	}
	f.Updating = s.clock.Due(now, updateTakes)
	f.touch(now)
	return nil
}

func set(field, value *string) {
	if value != nil {
		*field = *value
	}
}

func over[T any](field **T, value *T) {
	if value != nil {
		*field = value
	}
}
