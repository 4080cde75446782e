package web

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
)

// documentKinds are the kinds that the list may be narrowed to.
var documentKinds = []tengi.DocumentKind{tengi.Invoice, tengi.CreditNote, tengi.Receipt, tengi.PaymentRequest, tengi.PaymentRecord, tengi.CustomerRecord, tengi.Message, tengi.Other}

// totalDays is how many days the sums go back where the reader names no period.
const totalDays = 7

// documentFilter reads what the list is narrowed to.
func (v *visit) documentFilter(page *view.Documents) store.DocumentFilter {
	f := store.DocumentFilter{WorkspaceID: v.workspace.ID, Limit: eventsPage}
	page.Connection, page.Kind, page.From, page.Until = v.form("connection"), v.form("kind"), v.form("from"), v.form("until")
	for _, p := range v.app.Desk.Engine.Pipes(v.workspace.ID) {
		page.Connections = append(page.Connections, view.Choice{Value: p.Key, Label: p.Name})
		if p.Key == page.Connection {
			f.ConnectionID = p.ID
		}
	}
	for _, k := range documentKinds {
		page.Kinds = append(page.Kinds, view.Choice{Value: string(k), Label: v.P.Family("common.document", string(k))})
		if string(k) == page.Kind {
			f.Kind = k
		}
	}
	f.From, f.Until = v.day(page.From, 0), v.day(page.Until, 1)
	return f
}

// documents lists what was made, newest first, with the sums of the days.
func (app *App) documents(v *visit) error {
	v.Area = "documents"
	var page view.Documents
	f := v.documentFilter(&page)
	if before, err := strconv.ParseInt(v.form("before"), 10, 64); err == nil {
		f.Before = before
	}
	rows, err := app.Desk.Store.DocumentRows(v.ctx(), f)
	if err != nil {
		return err
	}
	for i := range rows {
		page.Rows = append(page.Rows, v.documentRow(&rows[i]))
	}
	narrow := []string{"connection", page.Connection, "kind", page.Kind, "from", page.From, "until", page.Until}
	page.Narrowed = page.Connection+page.Kind+page.From+page.Until != ""
	page.CSV = v.At("documents", "csv")
	if _, query, ok := strings.Cut(string(v.Query("documents", narrow...)), "?"); ok {
		page.CSV += templ.SafeURL("?" + query)
	}
	if len(rows) == f.Limit {
		page.Older = v.Query("documents", append(narrow, "before", strconv.FormatInt(rows[len(rows)-1].ID, 10))...)
	}
	if f.Before == 0 {
		if page.Days, err = v.dayTotals(f); err != nil {
			return err
		}
	}
	return v.show(http.StatusOK, view.DocumentsPage(v.Page, page))
}

// dayTotals are the sums of the filter's days, or of the last week.
func (v *visit) dayTotals(f store.DocumentFilter) ([]view.DayTotal, error) {
	of := store.TotalFilter{WorkspaceID: f.WorkspaceID, ConnectionID: f.ConnectionID, Kind: f.Kind, From: f.From, Until: f.Until}
	if of.From.IsZero() && of.Until.IsZero() {
		now := v.Now.In(v.P.Zone())
		of.From = time.Date(now.Year(), now.Month(), now.Day()-totalDays+1, 0, 0, 0, 0, v.P.Zone())
	}
	totals, err := v.app.Desk.Store.DayTotals(v.ctx(), of, v.P.Zone())
	if err != nil {
		return nil, err
	}
	var days []view.DayTotal
	for _, t := range totals {
		if t.Amount.Currency == "" {
			continue // messages and customers come to nothing
		}
		line := view.DayTotal{Day: t.Day, Connection: v.nameOfPipe(t.ConnectionID), Kind: string(t.Kind), Count: t.Count, Amount: t.Amount}
		days = append(days, line)
	}
	return days, nil
}

// documentRow is a document as the list shows it.
func (v *visit) documentRow(d *store.DocumentRow) view.DocumentRow {
	return view.DocumentRow{URL: v.At("documents", strconv.FormatInt(d.ID, 10)), Kind: string(d.Kind), Number: documentName(d.Document), Link: d.URL, Status: d.Status, Amount: d.Amount,
		Connection: v.nameOfPipe(d.ConnectionID), Object: d.Object, Sale: v.Query("events", "q", d.Object), At: d.CreatedAt, Undone: d.UndoneBy != 0, Undoes: d.Undoes != 0}
}

// documentsCSV gives the documents as a file for a spreadsheet, without holding all of them.
func (app *App) documentsCSV(v *visit) error {
	var page view.Documents
	f := v.documentFilter(&page)
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="documents.csv"`)
	h.Set("Cache-Control", "private, no-store")
	out := csv.NewWriter(v.w)
	write := func(cells ...string) error {
		for i := range cells {
			cells[i] = harmless(cells[i])
		}
		return out.Write(cells)
	}
	if err := write("time", "connection", "sale", "kind", "number", "id", "amount", "currency", "status", "undone", "link"); err != nil {
		return err
	}
	err := app.Desk.Store.EachDocument(v.ctx(), f, func(d store.DocumentRow) error {
		amount := ""
		if d.Amount.Currency != "" {
			amount = d.Amount.Value.String()
		}
		return write(d.CreatedAt.In(v.P.Zone()).Format(time.RFC3339), v.nameOfPipe(d.ConnectionID), d.Object, string(d.Kind), d.Number, d.ExternalID, amount, d.Amount.Currency, d.Status,
			strconv.FormatBool(d.UndoneBy != 0), d.URL)
	})
	out.Flush()
	return err
}

// harmless keeps a spreadsheet from taking what a customer wrote for a formula (OWASP, CSV Injection). A number may begin with a minus.
func harmless(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return cell
	}
	if _, err := strconv.ParseFloat(cell, 64); err == nil {
		return cell
	}
	return "'" + cell
}
