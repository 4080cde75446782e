package web

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/store"
)

// maxDecided is how many deliveries one form may decide about.
const maxDecided = 500

// decideAbout carries out what a person decided, about one delivery or several, and leads back to where they came from.
func (app *App) decideAbout(v *visit) error {
	items, err := v.chosen()
	if err != nil {
		return err
	}
	if v.form("verb") == "skip" && v.form("why") == "" {
		return v.refuse(v.back(), v.P.Text("events.say_why"))
	}
	if len(items) == 0 {
		return v.refuse(v.back(), v.P.Text("events.nothing_chosen"))
	}
	if len(items) > maxDecided {
		return v.refuse(v.back(), v.P.Count("events.too_many", maxDecided))
	}
	decided, failed := 0, ""
	for _, item := range items {
		d, err := v.deliveryOf(item)
		if err == nil {
			err = v.decideOne(d)
		}
		why, err := v.whyNot(err)
		if err != nil {
			return err
		}
		if why != "" {
			failed = why
			continue
		}
		decided++
	}
	switch {
	case failed != "" && decided > 0:
		return v.refuse(v.back(), v.P.Count("events.decided_partly", decided)+" "+failed)
	case failed != "":
		return v.refuse(v.back(), failed)
	}
	return v.done(v.back(), v.P.Count("events.decided", decided))
}

// chosen are the deliveries that a form is about: those named, or all that wait for a cause, up to maxDecided.
func (v *visit) chosen() ([]string, error) {
	if v.form("all") == "" {
		return v.r.Form["item"], nil
	}
	g, ok := v.groupOf(v.form("group"))
	if !ok {
		return nil, store.ErrNotFound
	}
	var items []string
	for before := int64(0); len(items) < maxDecided; {
		rows, last, err := v.app.Desk.Store.GroupRows(v.ctx(), v.workspace.ID, g, before, 100)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			for _, d := range rows[i].Deliveries {
				if d.ConnectionID == g.ConnectionID {
					items = append(items, itemOf(store.Delivery{EventID: d.EventID, ID: d.ID}))
				}
			}
		}
		if before = last; len(rows) < 100 {
			break
		}
	}
	return items[:min(len(items), maxDecided)], nil
}

// deliveryOf finds a delivery of the workspace as forms name it: EVENT.DELIVERY.
func (v *visit) deliveryOf(item string) (store.Delivery, error) {
	event, id, _ := strings.Cut(item, ".")
	eventID, err1 := strconv.ParseInt(event, 10, 64)
	deliveryID, err2 := strconv.ParseInt(id, 10, 64)
	if err1 != nil || err2 != nil {
		return store.Delivery{}, store.ErrNotFound
	}
	list, err := v.app.Desk.Store.Deliveries(v.ctx(), store.DeliveryFilter{EventID: eventID, WorkspaceID: v.workspace.ID, Limit: 100})
	if err != nil {
		return store.Delivery{}, err
	}
	i := slices.IndexFunc(list, func(d store.Delivery) bool { return d.ID == deliveryID })
	if i < 0 {
		return store.Delivery{}, store.ErrNotFound
	}
	return list[i], nil
}

// decideOne carries out a decision about one delivery and writes down who made it.
func (v *visit) decideOne(d store.Delivery) error {
	verb := v.form("verb")
	e := v.app.Desk.Engine
	details := []string{"event", strconv.FormatInt(d.EventID, 10)}
	var err error
	switch verb {
	case "replay":
		err = e.Replay(v.ctx(), d.ID)
	case "skip":
		err = e.Skip(v.ctx(), d.ID, v.form("why"))
	case "send_again":
		err = e.SendAgain(v.ctx(), d.ID)
	case "adopt":
		doc := v.givenDocument()
		details = append(details, "number", doc.Number)
		err = e.Adopt(v.ctx(), d.ID, doc)
	case "undone":
		doc := v.givenDocument()
		details = append(details, "number", doc.Number)
		err = e.UndoneByHand(v.ctx(), d.ID, doc)
	case "give":
		var keys []string
		keys, err = v.give(d)
		details = append(details, "fields", strings.Join(keys, ", "))
	default:
		return invalid(v.P.Text("common.wrong_value"))
	}
	if err != nil {
		return err
	}
	return v.record("delivery."+verb, strconv.FormatInt(d.ID, 10), details...)
}

// givenDocument is a document as a person found it in its service.
func (v *visit) givenDocument() tengi.Document {
	doc := tengi.Document{ExternalID: v.form("external"), Number: v.form("number"), URL: v.form("url")}
	if doc.ExternalID == "" {
		doc.ExternalID = doc.Number
	}
	if !strings.HasPrefix(doc.URL, "https://") && !strings.HasPrefix(doc.URL, "http://") {
		doc.URL = ""
	}
	return doc
}

// give has a delivery worked again with the values of the form; keys are the fields.
func (v *visit) give(d store.Delivery) (keys []string, err error) {
	look, err := v.app.Desk.Engine.Look(v.ctx(), d)
	if err != nil {
		return nil, err
	}
	var set field.Set
	step := v.form("step")
	for _, m := range look.Mends {
		if m.Step == step {
			set, keys = append(set, v.mendField(look.Pipe, m)), append(keys, m.Field.Key)
		}
	}
	if len(set) == 0 {
		return nil, engine.ErrNothingOpen
	}
	return keys, v.app.Desk.Engine.ReplayWith(v.ctx(), d.ID, step, v.given(set, givePrefix(strconv.FormatInt(d.ID, 10))))
}

// refuseFor answers a form that failed as refuse does, when that is something that a reader can do something about.
func (v *visit) refuseFor(address templ.SafeURL, err error) error {
	why, err := v.whyNot(err)
	if err != nil {
		return err
	}
	return v.refuse(address, why)
}

// whyNot says why something was not carried out, in the reader's language; an error is one that is nobody's doing.
func (v *visit) whyNot(err error) (string, error) {
	var still *engine.StillHeldError
	var refused *refusal
	var failure *connector.Error
	switch {
	case err == nil:
		return "", nil
	case errors.As(err, &still):
		return joined(" ", v.P.Cause(still.Code, still.Reason).Title+":", still.Reason), nil
	case errors.As(err, &refused):
		return refused.text, nil
	case v.notUndone(err) != "":
		return v.notUndone(err), nil
	case errors.As(err, &failure):
		cause := v.P.Cause(failure.Code, failure.Message)
		return joined(" ", cause.What, cause.Todo), nil
	case errors.Is(err, engine.ErrMayHaveActed):
		return v.P.Text("events.may_have_acted"), nil
	case errors.Is(err, engine.ErrNothingOpen):
		return v.P.Text("events.nothing_open"), nil
	case errors.Is(err, store.ErrWrongState), errors.Is(err, store.ErrLeaseLost):
		return v.P.Text("events.changed_meanwhile"), nil
	case errors.Is(err, store.ErrNotFound):
		return v.P.Text("events.gone"), nil
	}
	return "", err
}
