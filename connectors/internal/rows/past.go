package rows

import (
	"time"

	"github.com/tengi/tengi"
)

// Past are the rows of a table that is there, as the events that a look makes of new rows: those whose date lies in a span of time, and those that show no
// date. What could not go by itself, because it is not complete or cannot be told from another, is left out; a row that cannot be read is asked about.
func Past(t *Table, rules Rules, place string, from, to time.Time) ([]tengi.Event, error) {
	reader, err := NewReader(t.Columns, rules, place)
	if err != nil {
		return nil, err
	}
	var list []tengi.Event
	for _, e := range reader.Identify(t.Rows) {
		if len(e.Twins) > 0 || !reader.Complete(e.Row) {
			continue
		}
		event, err := reader.Event(TypeNew, e, hash("shape", reader.rules.shape()).String())
		if err != nil {
			event = reader.Held("past "+e.ID.String()+" "+e.Print.String(), err.Error()+". Put it right in the table, and ask for the past again.")
		}
		if Within(event, from, to) {
			list = append(list, event)
		}
	}
	return list, nil
}

// Within says whether the date of a row lies in a span of time. One without a date is always in it.
func Within(e tengi.Event, from, to time.Time) bool {
	if e.Sale == nil || e.Sale.ServiceDate == "" {
		return true
	}
	day := e.Sale.ServiceDate
	return (from.IsZero() || day >= from.Format(time.DateOnly)) && day <= to.Add(-time.Nanosecond).Format(time.DateOnly)
}
