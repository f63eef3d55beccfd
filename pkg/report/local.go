package report

import "time"

// Serving says that the local cloud answers, and where.
type Serving struct {
	Endpoint  string // http://127.0.0.1:7553
	WebSocket string // ws://…, of the stack's API; "" where it has none
	// Connections is http://…/@connections, below which that API's connections are written to, asked about and closed; "" where
	// it has none.
	Connections string
	Region      string
	AccessKey   string // by which AWS's own tools get in
}

// Deployment is one of those by which a local cloud that is being served follows its source: what `plldb local --watch`
// did after a change.
type Deployment struct {
	Time    time.Time // when it ended
	Status  Status
	Changed []string // what it was made for: files of the source tree, relative to it
	Sent    []string // what is new of the stack: functions by name
	Took    time.Duration
	Problem *Problem // nil when all went well; else what was deployed before goes on, if anything was
	Nothing bool     // nothing is deployed: not by this one, and not before
}

// Traffic is one thing that happened while the local cloud was served. Fields that do not fit the kind are empty.
type Traffic struct {
	Time       time.Time
	Kind       Kind
	Connection string // its id
	Route      string // "$connect", "$default", …
	Function   string // its name
	Text       string // what was said, as it was: a message's beginning, a log line, a reason
	Bytes      int    // of the message
	Status     int    // HTTP status, or WebSocket close code
	Took       time.Duration
}

// Kind is what sort of thing happened.
type Kind string

// The kinds of Traffic.
const (
	KindConnected    Kind = "connected"
	KindRefused      Kind = "refused"
	KindReceived     Kind = "received" // by the API
	KindSent         Kind = "sent"     // to a client
	KindDisconnected Kind = "disconnected"
	KindLogged       Kind = "logged"
	KindWarned       Kind = "warned"
)

// Omitted says that traffic went on faster than it could be shown.
type Omitted struct{ Lines int }

func (Serving) event()    {}
func (Deployment) event() {}
func (Traffic) event()    {}
func (Omitted) event()    {}
