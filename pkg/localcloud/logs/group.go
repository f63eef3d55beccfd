package logs

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

const table = "logs.groups"

// group is a log group, as it is kept.
type group struct {
	Name      string
	Created   int64             // milliseconds since 1970
	Retention int               // days; 0 is for ever
	Tags      map[string]string // all of them
	FromStack []string          // the keys of the tags that are the stack's and not the resource's
	Bytes     int64             // of the events in it
	Chunks    int64             // in which they are
}

// place is where groups live.
type place struct{ wire.Place }

func placeOf(c *wire.Call) place { return place{c.Place()} }

// arn is the group's, without the ":*" that stands for its streams.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html
func (p place) arn(name string) string { return p.ARN("logs", "log-group:"+name) }

// find is a group that must be there.
func (p place) find(tx *store.Tx, name string) (group, error) {
	if err := checkName(name); err != nil {
		return group{}, err
	}
	g, ok := store.Get[group](tx, table, p.At(name))
	if !ok {
		return group{}, wire.Errorf(http.StatusBadRequest, "ResourceNotFoundException",
			"The specified log group does not exist.")
	}
	return g, nil
}

// add keeps a new group.
func (p place) add(tx *store.Tx, g group) error {
	if err := checkName(g.Name); err != nil {
		return err
	}
	// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html has the rule; the
	// words are those that people quote. That it holds for any case of the letters is unverified.
	if strings.HasPrefix(strings.ToLower(g.Name), "aws/") {
		return invalid("Log groups starting with AWS/ are reserved for AWS.")
	}
	if _, there := store.Get[group](tx, table, p.At(g.Name)); there {
		return wire.Errorf(http.StatusBadRequest, "ResourceAlreadyExistsException", "The specified log group already exists")
	}
	store.Put(tx, table, p.At(g.Name), g)
	return nil
}

func (p place) put(tx *store.Tx, g group) { store.Put(tx, table, p.At(g.Name), g) }

// remove removes a group with its streams.
func (p place) remove(tx *store.Tx, g group) {
	for _, s := range p.streams(tx, g.Name, "") {
		p.removeStream(tx, &g, s)
	}
	store.Delete(tx, table, p.At(g.Name))
}

// identified is a group that a call names by its name, or by its name or ARN as its identifier.
func (p place) identified(tx *store.Tx, name, identifier string) (group, error) {
	switch {
	case name != "" && identifier != "":
		// the words are unverified
		return group{}, invalid("LogGroup name and LogGroup ARN are mutually exclusive parameters.")
	case identifier == "":
		return p.find(tx, name)
	case !strings.HasPrefix(identifier, "arn:"):
		return p.find(tx, identifier)
	}
	own, ok := strings.CutPrefix(identifier, p.arn(""))
	if !ok {
		return group{}, wire.Unmodelled("InvalidParameterException",
			"log groups of other accounts or regions: %s", identifier)
	}
	return p.find(tx, strings.TrimSuffix(own, ":*"))
}

// horizon is when the oldest event may be that the group still has.
func (g group) horizon(now time.Time) time.Time {
	if g.Retention == 0 {
		return time.Time{}
	}
	return now.AddDate(0, 0, -g.Retention)
}

var namePattern = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]+$`)

// longest is the longest name of a log group.
const longest = 512

// checkName refuses what is no name of a log group, in the words of AWS's request validation.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
func checkName(name string) error {
	const where = "1 validation error detected: Value %s at 'logGroupName' failed to satisfy constraint: Member must "
	switch {
	case name == "":
		return invalid(where+"not be null", "null")
	case len(name) > longest:
		return invalid(where+"have length less than or equal to %d", "'"+name+"'", longest)
	case !namePattern.MatchString(name):
		return invalid(where+`satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+`, "'"+name+"'")
	}
	return nil
}

// checkRetention refuses a number of days that CloudWatch Logs does not offer. The words are those that
// https://github.com/systeminit/si/issues/3022 quotes.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
func checkRetention(days int) error {
	if slices.Contains(retentions(), days) {
		return nil
	}
	return invalid("Invalid retention value. Valid values are: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, " +
		"400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]")
}

// retentions are the numbers of days that a group's events may be kept.
func retentions() []int {
	return []int{
		1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
	}
}

func invalid(format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, "InvalidParameterException", format, args...)
}
