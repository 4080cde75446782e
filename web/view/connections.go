package view

import "time"

// Health says whether a connection works.
type Health string

// The healths of a connection.
const (
	Healthy        Health = "healthy"
	SwitchedOff    Health = "off"
	NeedsAttention Health = "attention" // an account of it does
	Broken         Health = "broken"    // it cannot run as it is set up
)

// tone is the colour of a health.
func (h Health) tone() string {
	switch h {
	case Healthy:
		return "green"
	case SwitchedOff:
		return "secondary"
	default:
		return "red"
	}
}

// ConnectionRow is a connection as lists show it.
type ConnectionRow struct {
	Key, Name  string
	Path       []Service // on the way that its sales take
	Enabled    bool
	Health     Health
	Reason     string // why it does not work
	Polls      bool   // its source is asked by schedule
	Schedule   string // when it runs, in words
	Next       string // the next run, in words; empty = none by itself
	Last       time.Time
	LastFailed bool
	Running    bool // a run is under way
	Waiting    int  // what waits for a person
}

// Connections is the list of connections.
type Connections struct {
	Rows    []ConnectionRow
	Drafts  []DraftLine
	Trouble int // how many need somebody
}

// DraftLine is a connection that somebody has begun and not saved.
type DraftLine struct {
	ID, Name string
	Changed  time.Time
}

// StepLine is a source or a step in words.
type StepLine struct {
	Title, Account string
	When           string // its condition
}

// Connection is the page of one connection.
type Connection struct {
	Row        ConnectionRow
	Trigger    StepLine
	Steps      []StepLine
	Form       ScheduleForm
	Past       bool // its source can be asked for what happened before
	Runs       []Run
	Dependents []string // connections that run after this one
}

// ScheduleForm is the form of a schedule.
type ScheduleForm struct {
	Kind      string // never, every, at, after
	Every     string
	At        string // times of day, with commas between
	On        []string
	After     string
	OnlyOK    bool
	Wrong     string
	Intervals []Choice
	Days      []Choice
	Others    []Choice // connections that it may run after
}

// Run is a run of a connection.
type Run struct {
	ID                                                        int64
	Kind, State                                               string
	Planned, Started, Ended                                   time.Time
	Found, Fresh, Known, Done, Skipped, Held, Failed, Working int
	Cancelled                                                 bool
	Problem                                                   string
	Past                                                      *PastReport // of a preview of a backfill
}

// PastReport is what a backfill would come to.
type PastReport struct {
	Found, Known, Invoiced, Changed, Make int
	Held                                  []PastGroup
}

// PastGroup is what a backfill would hold, for one cause.
type PastGroup struct {
	Code, Reason string
	Count        int
}

// ended says that nothing more comes of it.
func (r Run) ended() bool { return r.State == "ended" }

// settled is how much of what was new has come to its end.
func (r Run) settled() int { return r.Done + r.Skipped + r.Held + r.Failed }

// connectionsSummary says in a sentence how the connections are.
func connectionsSummary(p *Page, c Connections) string {
	switch {
	case len(c.Rows) == 0:
		return ""
	case c.Trouble > 0:
		return p.P.Count("connections.count", len(c.Rows)) + ", " + p.P.Count("connections.trouble", c.Trouble)
	default:
		return p.P.Count("connections.count", len(c.Rows))
	}
}
