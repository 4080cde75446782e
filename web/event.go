package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/sale"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
)

// areaEvents is the entry of the navigation, and the part of addresses.
const areaEvents = "events"

// event shows one event with its whole story.
func (app *App) event(v *visit) error {
	v.Area = areaEvents
	e, err := v.eventOf(v.r.PathValue("event"))
	if err != nil {
		return err
	}
	page := view.Event{ID: strconv.FormatInt(e.ID, 10), Title: called(&e), Type: e.Type, Object: e.Object, At: e.ReceivedAt, Unreadable: e.Unreadable, Loading: e.NeedsLoad,
		Input: inputShown(&e)}
	if a, ok := app.Desk.Engine.Account(e.AccountID); ok {
		page.Source, page.SourceAt = accountName(a), v.At("accounts", a.Key)
	}
	if e.Sale != nil {
		page.Reference, page.Sale = e.Sale.Reference, v.saleOf(e.Sale)
	}
	deliveries, err := app.Desk.Store.Deliveries(v.ctx(), store.DeliveryFilter{EventID: e.ID, WorkspaceID: v.workspace.ID, Limit: 100})
	if err != nil {
		return err
	}
	slices.Reverse(deliveries) // the order of the connections
	all := v.form("all") == "1"
	here := v.At(areaEvents, page.ID)
	page.AllAttempts = here + "?all=1"
	if all {
		page.Fewer = here
	}
	objects := []string{page.ID}
	for _, d := range deliveries {
		s, err := v.story(&e, d, all)
		if err != nil {
			return err
		}
		page.Stories = append(page.Stories, s)
		objects = append(objects, s.ID)
	}
	if page.Siblings, err = v.siblings(&e); err != nil {
		return err
	}
	if page.Deeds, err = v.deeds(objects, &e); err != nil {
		return err
	}
	return v.show(http.StatusOK, view.EventPage(v.Page, page))
}

// eventOf reads an event of the workspace. Those of others do not exist.
func (v *visit) eventOf(text string) (tengi.Event, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return tengi.Event{}, store.ErrNotFound
	}
	e, _, err := v.app.Desk.Store.Event(v.ctx(), id)
	if err != nil {
		return e, err
	}
	if a, ok := v.app.Desk.Engine.Account(e.AccountID); ok {
		if a.WorkspaceID != v.workspace.ID {
			return tengi.Event{}, store.ErrNotFound
		}
		return e, nil
	}
	// Its account is gone: whose it is says the connection it went through.
	found, err := v.app.Desk.Store.Deliveries(v.ctx(), store.DeliveryFilter{EventID: id, WorkspaceID: v.workspace.ID, Limit: 1})
	if err == nil && len(found) == 0 {
		err = store.ErrNotFound
	}
	return e, err
}

// accountName is what people call an account.
func accountName(a *engine.Account) string {
	if a.Name != "" {
		return a.Name
	}
	return a.Key
}

// called is what people call what an event is about.
func called(e *tengi.Event) string {
	switch {
	case e.Sale != nil && e.Sale.Reference != "" && e.Sale.Customer.Name != "":
		return e.Sale.Reference + " · " + e.Sale.Customer.Name
	case e.Sale != nil && e.Sale.Reference != "":
		return e.Sale.Reference
	case e.Object != "":
		return e.Object
	default:
		return e.Type + " " + strconv.FormatInt(e.ID, 10)
	}
}

// saleOf readies a sale to be drawn.
func (v *visit) saleOf(s *sale.Sale) *view.Sale {
	c := s.Customer
	shown := &view.Sale{Reference: s.Reference, Status: string(s.Status), ServiceDate: v.P.Day(s.ServiceDate), ServiceEnd: v.P.Day(s.ServiceEnd), VATIncluded: s.VATIncluded,
		Channel: s.Channel, Remarks: s.Remarks, Total: money.New(s.Total, s.Currency),
		Customer: view.Customer{Name: c.Name, Email: c.Email, Phone: c.Phone, TaxID: c.TaxID, Address: joined(", ", c.Address, joined(" ", c.PostCode, c.City))}}
	if c.Country != "" {
		shown.Customer.Country = v.P.Country(c.Country)
	}
	var vat decimal.Decimal
	for _, l := range s.Lines {
		vat = vat.Add(l.VATAmount)
		shown.HasDiscount = shown.HasDiscount || !l.Discount.IsZero()
		shown.Lines = append(shown.Lines, view.SaleLine{Text: l.Text, Quantity: v.P.Number(l.Quantity), VATRate: v.P.Number(l.VATRate) + " %", UnitPrice: money.New(l.UnitPrice, s.Currency),
			Discount: money.New(l.Discount, s.Currency), VAT: money.New(l.VATAmount, s.Currency), Amount: money.New(l.Total, s.Currency)})
	}
	shown.VAT = money.New(vat, s.Currency)
	for _, p := range s.Payments {
		currency := p.Currency
		if currency == "" {
			currency = s.Currency
		}
		shown.Payments = append(shown.Payments, view.SalePayment{Amount: money.New(p.Amount, currency), Method: p.Method, Reference: p.Reference, At: p.PaidAt})
	}
	for _, f := range s.Check() {
		shown.Faults = append(shown.Faults, joined(": ", f.Path, f.Message))
	}
	return shown
}

// joined puts texts together, without those that are empty.
func joined(between string, texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(text string) bool { return text == "" }), between)
}

// maxBody is how much of one text of machines a page shows, in bytes.
const maxBody = 16 << 10

// inputShown is what came in, with whatever in its query may be a secret masked.
func inputShown(e *tengi.Event) view.Input {
	in := view.Input{Method: e.Raw.Method, Query: maskQuery(e.Raw.Query), Headers: choices(e.Raw.Header), Body: pretty(string(e.Raw.Body))}
	if len(e.Data) > 0 && string(e.Data) != string(e.Raw.Body) {
		in.Data = pretty(string(e.Data))
	}
	return in
}

// siblings are the newest events about the same object, at the same account.
func (v *visit) siblings(e *tengi.Event) ([]view.Sibling, error) {
	if e.Object == "" {
		return nil, nil
	}
	list, err := v.app.Desk.Store.Events(v.ctx(), store.EventFilter{Object: e.Object, AccountIDs: []string{e.AccountID}, Limit: 20})
	if err != nil {
		return nil, err
	}
	var siblings []view.Sibling
	for _, s := range list {
		siblings = append(siblings, view.Sibling{ID: strconv.FormatInt(s.ID, 10), Type: s.Type, At: s.ReceivedAt, Here: s.ID == e.ID})
	}
	return siblings, nil
}

// deeds are what people did about the event's deliveries, oldest first.
func (v *visit) deeds(objects []string, e *tengi.Event) ([]view.Deed, error) {
	list, err := v.app.Desk.Store.Audits(v.ctx(), store.AuditFilter{WorkspaceID: v.workspace.ID, Objects: objects, Limit: 50})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	who := map[string]string{}
	members, err := v.app.Desk.Store.Members(v.ctx(), v.workspace.ID)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		who[m.ID] = m.Name
	}
	var deeds []view.Deed
	for _, a := range slices.Backward(list) {
		if !strings.HasPrefix(a.Verb, "delivery.") || a.At.Before(e.ReceivedAt) {
			continue
		}
		name := who[a.ActorID]
		if name == "" {
			name = a.ActorID
		}
		deed := view.Deed{Who: name, Verb: a.Verb, At: a.At}
		for _, c := range choices(a.Details) {
			if c.Value != "event" {
				deed.Details = append(deed.Details, c)
			}
		}
		deeds = append(deeds, deed)
	}
	return deeds, nil
}

// itemOf is how forms name a delivery: its event with it, by which it is found.
func itemOf(d store.Delivery) string { return fmt.Sprintf("%d.%d", d.EventID, d.ID) }
