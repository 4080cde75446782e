package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
)

// eventsPage is how many events a page lists.
const eventsPage = 50

// events lists what happened, newest first.
func (app *App) events(v *visit) error {
	v.Area = areaEvents
	q := store.EventQuery{WorkspaceID: v.workspace.ID, Search: v.form("q"), After: v.form("after"), Limit: eventsPage}
	page := view.Events{Search: q.Search, Connection: v.form("connection"), Standing: v.form("state"), From: v.form("from"), Until: v.form("until")}
	for _, p := range app.Desk.Engine.Pipes(v.workspace.ID) {
		page.Connections = append(page.Connections, view.Choice{Value: p.Key, Label: p.Name})
		if p.Key == page.Connection {
			q.ConnectionID = p.ID
		}
	}
	for _, s := range store.Standings() {
		page.Standings = append(page.Standings, view.Choice{Value: string(s), Label: v.P.Family("events.standing", string(s))})
		if string(s) == page.Standing {
			q.Standing = s
		}
	}
	q.From, q.Until = v.day(page.From, 0), v.day(page.Until, 1)
	found, err := app.Desk.Store.EventPage(v.ctx(), q)
	if errors.Is(err, store.ErrNotFound) && q.After != "" { // the place was of another list
		q.After = ""
		found, err = app.Desk.Store.EventPage(v.ctx(), q)
	}
	if err != nil {
		return err
	}
	page.Rows = v.eventRows(found.Rows)
	page.Back, page.Behind = found.Back, found.Behind && q.Search != ""
	narrow := []string{"q", q.Search, "connection", page.Connection, "state", page.Standing, "from", page.From, "until", page.Until}
	page.Narrowed = slices.ContainsFunc([]int{1, 3, 5, 7, 9}, func(i int) bool { return narrow[i] != "" })
	page.Here = v.Query(areaEvents, narrow...)
	if found.Next != "" {
		page.Older = v.Query(areaEvents, append(narrow, "after", found.Next)...)
	}
	if q.After != "" {
		page.Newest = page.Here
	}
	if q.After == "" && q.Search == "" { // who pages or searches reads a list that stands still
		page.Live = v.At("live")
	}
	if v.live() {
		return v.show(http.StatusOK, view.EventList(v.Page, page))
	}
	return v.show(http.StatusOK, view.EventsPage(v.Page, page))
}

// day is the beginning of a day at the workspace's place, so many days later; zero when the text is no day.
func (v *visit) day(text string, later int) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, text, v.P.Zone())
	if err != nil {
		return time.Time{}
	}
	return t.AddDate(0, 0, later)
}

// eventRows readies events to be listed.
func (v *visit) eventRows(list []store.EventRow) []view.EventRow {
	rows := make([]view.EventRow, 0, len(list))
	for i := range list {
		rows = append(rows, v.eventRow(&list[i]))
	}
	return rows
}

func (v *visit) eventRow(e *store.EventRow) view.EventRow {
	row := view.EventRow{ID: strconv.FormatInt(e.ID, 10), At: e.ReceivedAt, Type: e.Type, Reference: e.Reference, Customer: e.Customer, Email: e.Email, Amount: e.Total,
		Unreadable: e.Unreadable != "", Loading: e.NeedsLoad}
	if row.Reference == "" {
		row.Reference = e.Object
	}
	for i := range e.Deliveries {
		row.Deliveries = append(row.Deliveries, v.deliveryRow(&e.Deliveries[i]))
	}
	return row
}

// deliveryRow says in a few words what became of an event at one connection.
func (v *visit) deliveryRow(d *store.DeliveryRow) view.DeliveryRow {
	row := view.DeliveryRow{ID: strconv.FormatInt(d.ID, 10), State: string(d.State), Connection: d.ConnectionID}
	account := ""
	if p, ok := v.app.Desk.Engine.Pipe(d.ConnectionID); ok {
		row.Connection = p.Name
		if len(p.Steps) > 0 {
			account = p.Steps[len(p.Steps)-1].AccountID
		}
	}
	if doc := d.Document(); doc != nil {
		shown := v.documentShown(&doc.Document)
		row.Document = &shown
	}
	if d.Code != "" && d.State != store.Done {
		row.Cause = v.causeAt(account, d.Code, d.Reason).Title
	}
	return row
}
