package execution

import (
	"maps"
	"os"
	"slices"
)

// variables are the whole environment of a process: what the caller gave, and what Lambda sets for the runtime
// provided.al2023 and only the environment knows
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime). Nothing of
// plldb's own gets in, but for what processes cannot do without on Windows. LANG and PATH are not reserved: a function
// may set them.
func (e *environment) variables(folder, addr string) []string {
	all := systemVariables(os.Getenv)
	all["LANG"] = "en_US.UTF-8"
	maps.Copy(all, e.of.Environment)
	maps.Copy(all, map[string]string{
		"AWS_LAMBDA_RUNTIME_API":     addr,
		"AWS_LAMBDA_LOG_STREAM_NAME": e.log.stream,
		"LAMBDA_TASK_ROOT":           folder,
		"_HANDLER":                   e.of.Handler,
		"TZ":                         ":UTC",
	})
	list := make([]string, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, name+"="+all[name])
	}
	return list
}
