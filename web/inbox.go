package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
)

// How much of what waits a page shows: of each cause, of one cause that has a page of its own, and how many items with all that can be decided about
// them, which has to be found out for each.
const (
	inboxOfGroup = 5
	inboxPage    = 25
	inboxLooks   = 30
)

// areaInbox is the entry of the navigation, and the part of addresses.
const areaInbox = "inbox"

// inbox shows what waits for a person, by cause.
func (app *App) inbox(v *visit) error {
	v.Area = areaInbox
	if v.form("group") != "" {
		return app.inboxGroup(v)
	}
	groups, err := app.Desk.Store.Inbox(v.ctx(), v.workspace.ID)
	if err != nil {
		return err
	}
	slices.SortStableFunc(groups, func(a, b store.Group) int { return cmp.Compare(b.Count, a.Count) })
	page := view.Inbox{Accounts: v.attention()}
	looks := inboxLooks
	for _, g := range groups {
		shown, _, err := v.inboxGroup(g, 0, inboxOfGroup, &looks)
		if err != nil {
			return err
		}
		if shown.Count > 0 {
			page.Groups = append(page.Groups, shown)
		}
	}
	return v.show(http.StatusOK, view.InboxPage(v.Page, page))
}

// inboxGroup shows all that waits for one cause.
func (app *App) inboxGroup(v *visit) error {
	g, ok := v.groupOf(v.form("group"))
	if !ok {
		return store.ErrNotFound
	}
	groups, err := app.Desk.Store.Inbox(v.ctx(), v.workspace.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(groups, func(x store.Group) bool {
		return x.ConnectionID == g.ConnectionID && x.State == g.State && x.Code == g.Code
	})
	if i < 0 { // all of it has been decided
		return v.done(v.At(areaInbox), "")
	}
	before, _ := strconv.ParseInt(v.form("before"), 10, 64) // what is no number begins at the newest
	looks := inboxLooks
	shown, last, err := v.inboxGroup(groups[i], before, inboxPage, &looks)
	if err != nil {
		return err
	}
	page := view.Inbox{One: true, Groups: []view.InboxGroup{shown}}
	if len(shown.Items) == inboxPage {
		page.Older = v.Query(areaInbox, "group", shown.Key, "before", strconv.FormatInt(last, 10))
	}
	return v.show(http.StatusOK, view.InboxPage(v.Page, page))
}

// attention are the accounts whose services refuse their logins, with what waits for them.
func (v *visit) attention() []view.InboxAccount {
	var list []view.InboxAccount
	for _, a := range v.app.Desk.Engine.Accounts(v.workspace.ID) {
		if a.State != tengi.AccountAttention {
			continue
		}
		shown := view.InboxAccount{Name: accountName(a), At: v.At("accounts", a.Key), Reason: a.Reason}
		for _, p := range v.app.Desk.Engine.Pipes(v.workspace.ID) {
			if slices.ContainsFunc(p.Accounts(), func(x *engine.Account) bool { return x != nil && x.ID == a.ID }) {
				shown.Connections = append(shown.Connections, p.Name)
			}
		}
		list = append(list, shown)
	}
	return list
}

// keyOf names a group in addresses and forms; groupOf reads it.
func keyOf(p *engine.Pipe, g store.Group) string {
	return p.Key + "/" + string(g.State) + "/" + g.Code
}

func (v *visit) groupOf(key string) (store.Group, bool) {
	parts := strings.SplitN(key, "/", 3)
	if len(parts) != 3 {
		return store.Group{}, false
	}
	for _, p := range v.app.Desk.Engine.Pipes(v.workspace.ID) {
		if p.Key == parts[0] {
			return store.Group{ConnectionID: p.ID, State: store.State(parts[1]), Code: parts[2]}, true
		}
	}
	return store.Group{}, false
}

// inboxGroup readies one cause with a page of what waits for it. looks is how many items may still be looked at closely.
func (v *visit) inboxGroup(g store.Group, before int64, limit int, looks *int) (view.InboxGroup, int64, error) {
	pipe, ok := v.app.Desk.Engine.Pipe(g.ConnectionID)
	if !ok {
		return view.InboxGroup{}, 0, nil
	}
	rows, last, err := v.app.Desk.Store.GroupRows(v.ctx(), v.workspace.ID, g, before, limit)
	if err != nil {
		return view.InboxGroup{}, 0, err
	}
	unknown := g.State == store.Unknown
	shown := view.InboxGroup{Key: keyOf(pipe, g), Connection: pipe.Name, ConnectionAt: v.At("connections", pipe.Key), EditAt: v.At("connections", pipe.Key, "edit"), State: string(g.State),
		Count: g.Count, Replay: !unknown, Skip: !unknown, SendAgain: unknown, Back: v.Path, All: v.Query(areaInbox, "group", keyOf(pipe, g)), Mapped: slices.Contains(mapped, g.Code)}
	for i := range rows {
		item, at, err := v.inboxItem(&rows[i], g, looks)
		if err != nil {
			return shown, 0, err
		}
		if i == 0 {
			shown.Cause = v.causeAt(at, g.Code, item.Reason)
		}
		shown.Items = append(shown.Items, item)
	}
	return shown, last, nil
}

// mapped are the causes that another mapping may put right.
var mapped = []string{"mapping", "total", "totals_differ", "condition", "filter", "refused", "input"}

// inboxItem readies one thing that waits, and says at which account.
func (v *visit) inboxItem(e *store.EventRow, g store.Group, looks *int) (item view.InboxItem, accountID string, err error) {
	item = view.InboxItem{Row: v.eventRow(e)}
	for i := range e.Deliveries {
		d := &e.Deliveries[i]
		if d.ConnectionID != g.ConnectionID {
			continue
		}
		item.Reason, item.Since = d.Reason, d.UpdatedAt
		item.Story = view.Story{ID: strconv.FormatInt(d.ID, 10), Item: strconv.FormatInt(d.EventID, 10) + "." + strconv.FormatInt(d.ID, 10)}
		if *looks <= 0 {
			return item, "", nil
		}
		*looks--
		full, err := v.deliveryOf(item.Story.Item)
		if err != nil {
			return item, "", err
		}
		look, err := v.app.Desk.Engine.Look(v.ctx(), full)
		if err != nil {
			return item, "", err
		}
		look.May.Replay, look.May.Skip, look.May.SendAgain = false, false, false // these stand below the table, for one as for many
		item.Story.Decide = v.decide(item.Story, look)
		return item, full.AccountID, nil
	}
	return item, "", nil
}
