package account

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/plldb/plldb/pkg/report"
)

// watched adds to every client that the sink is told of each attempt: names, status and time, never a header or a body.
// It also lets them ask again for an answer that broke off.
func watched(cfg aws.Config, sink report.Sink) aws.Config {
	cfg = cfg.Copy()
	cfg.APIOptions = append(cfg.APIOptions, retryBrokenOff)
	if sink == nil {
		return cfg
	}
	cfg.APIOptions = append(cfg.APIOptions, func(stack *middleware.Stack) error {
		if err := stack.Initialize.Add(counting(), middleware.Before); err != nil {
			return err
		}
		return stack.Finalize.Insert(watcher{sink}, "Retry", middleware.After)
	})
	return cfg
}

type attemptsKey struct{}

// counting gives each call a place to count its attempts in.
func counting() middleware.InitializeMiddleware {
	return middleware.InitializeMiddlewareFunc("plldb.count",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
			middleware.InitializeOutput, middleware.Metadata, error,
		) {
			return next.HandleInitialize(middleware.WithStackValue(ctx, attemptsKey{}, new(int)), in)
		})
}

// watcher stands inside the retries, so it sees each attempt.
type watcher struct{ sink report.Sink }

func (watcher) ID() string { return "plldb.watch" }

func (w watcher) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	middleware.FinalizeOutput, middleware.Metadata, error,
) {
	start := time.Now()
	attempts, _ := middleware.GetStackValue(ctx, attemptsKey{}).(*int)
	*attempts++
	attempt := *attempts
	out, meta, err := next.HandleFinalize(ctx, in)
	w.sink.Tell(report.Request{
		Service:   awsmiddleware.GetServiceID(ctx),
		Operation: awsmiddleware.GetOperationName(ctx),
		Attempt:   attempt,
		Status:    statusOf(meta, err),
		Code:      codeOf(err),
		Took:      time.Since(start),
	})
	return out, meta, err
}

func statusOf(meta middleware.Metadata, err error) int {
	if e, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return e.HTTPStatusCode()
	}
	if raw, ok := awsmiddleware.GetRawResponse(meta).(*smithyhttp.Response); ok && err == nil {
		return raw.StatusCode
	}
	if err == nil {
		return http.StatusOK
	}
	return 0
}

func codeOf(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return ""
}
