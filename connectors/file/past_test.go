package file

import (
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
)

// past asks for a span of days, page by page.
func (f *folder) past(from, to string) []tengi.Event {
	f.Helper()
	span := connector.Span{To: f.clock.Now()}
	for text, at := range map[string]*time.Time{from: &span.From, to: &span.To} {
		if text != "" {
			day, err := time.Parse(time.DateOnly, text)
			if err != nil {
				f.Fatal(err)
			}
			*at = day
		}
	}
	var all []tengi.Event
	for cursor, more := connector.Cursor(""), true; more; {
		c, err := connector.NewClient(connector.ClientConfig{Connector: Connector(), Workspace: connectortest.Workspace(), Now: f.clock.Now, Files: f.files,
			Account: &tengi.Account{Key: "file", Connector: "file", Settings: f.settings}})
		if err != nil {
			f.Fatal(err)
		}
		var page connector.Polled
		if page, f.err = backfill(f.Context(), c, span, cursor); f.err != nil {
			return all
		}
		all, cursor, more = append(all, page.Events...), page.Cursor, page.More
	}
	return all
}

// What was left alone when the connection was made can be asked for, by the dates of the rows; what a poll has reported is the same event.
func TestPast(t *testing.T) {
	t.Parallel()
	f := newFolder(t, nil)
	f.put("a.csv", "Booking number;Name;Amount;Date\nA;Anna;5;2026-01-10\nB;Jón;6;2026-02-10\n")
	f.put("b.csv", one("C"))
	f.want("a poll leaves alone", f.polls(3))
	f.want("all", f.past("", ""), "a", "b", "c")
	f.want("from a day on, and what has no date", f.past("2026-02-10", ""), "b", "c")
	f.want("before a day", f.past("2026-01-01", "2026-02-10"), "a", "c")
	f.put("new.csv", one("D"))
	polled := f.polls(3)
	f.want("a poll", polled, "d")
	all := f.past("", "")
	if last := all[len(all)-1]; last.Dedupe != polled[0].Dedupe || last.Object != polled[0].Object {
		t.Errorf("the past has %s, the poll %s", last.Dedupe, polled[0].Dedupe)
	}
	f.settings["folder"] = ""
	if f.past("", ""); f.err == nil {
		t.Error("an account without a folder has a past")
	}
}
