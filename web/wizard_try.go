package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
	"github.com/tengi/tengi/wizard"
)

// showPreview shows what would be sent for the sample, with nothing sent; of a connection that is edited also what would be different for its last
// events, when the reader asks.
func (m *making) showPreview() error {
	page := view.WizardPreview{Frame: m.frame(), CanCompare: !m.draft.New()}
	preview, faults, err := m.w.Preview(m.ctx(), &m.draft)
	if err != nil {
		if page.Problem, err = m.whyNot(err); err != nil {
			return err
		}
		return m.show(http.StatusOK, view.WizardPreviewPage(m.Page, page))
	}
	page.Wrong = m.faults(faults)
	if len(faults) == 0 {
		page.Preview = m.preview(preview)
	}
	if m.form("compare") != "" && page.CanCompare {
		if page.Compared, err = m.compared(); err != nil {
			return err
		}
	}
	return m.show(http.StatusOK, view.WizardPreviewPage(m.Page, page))
}

// preview is a preview in words.
func (m *making) preview(p engine.Preview) view.Preview {
	shown := view.Preview{Outcome: string(p.Outcome), Reason: m.P.Cause(p.Code, p.Reason).What, Detail: p.Reason}
	for _, s := range p.Steps {
		shown.Steps = append(shown.Steps, m.previewStep(s))
	}
	return shown
}

// previewStep is what one step would do.
func (v *visit) previewStep(s engine.PreviewStep) view.PreviewStep {
	step := view.PreviewStep{Outcome: string(s.Outcome), Assumed: s.Assumed}
	if s.Account != nil && s.Account.Connector != nil && s.Action != nil {
		texts := v.P.Connector(s.Account.Connector)
		step.Title, step.Account, step.Service = texts.ActionTitle(s.Action.Key), accountName(s.Account), v.app.service(v, s.Account.Connector, "")
		if s.Outcome != engine.WouldMake {
			cause := texts.Cause(s.Code, s.Reason)
			step.Reason, step.Todo, step.Detail = cause.What, cause.Todo, s.Reason
		}
	}
	step.Kind, step.Amount = string(s.Document.Kind), s.Document.Amount
	for _, c := range s.Calls {
		step.Calls = append(step.Calls, requestOf(c))
	}
	return step
}

// compared says what would be different for the last events.
func (m *making) compared() ([]view.ComparedEvent, error) {
	list, faults, err := m.w.Compare(m.ctx(), m.draft, 20)
	if err != nil || len(faults) > 0 {
		return nil, err
	}
	shown := make([]view.ComparedEvent, 0, len(list))
	for _, c := range list {
		e := view.ComparedEvent{URL: m.At("events", strconv.FormatInt(c.Event.ID, 10)), When: c.Event.ReceivedAt, Reference: c.Event.Object, Problem: c.Problem}
		if c.Event.Sale != nil {
			e.Reference = c.Event.Sale.Reference
		}
		for _, change := range c.Changes {
			e.Changes = append(e.Changes, view.ComparedChange{Where: change.Step + " " + change.Path, Old: change.Old, New: change.New})
		}
		shown = append(shown, e)
	}
	return shown, nil
}

// showTest warns of what test data makes, and shows what came of it once it was sent.
func (m *making) showTest() error {
	page := view.WizardTest{Frame: m.frame()}
	if id, err := strconv.ParseInt(m.form("delivery"), 10, 64); err == nil {
		test, err := m.w.Story(m.ctx(), m.draft, id)
		if err != nil {
			return err
		}
		page.Result = m.testOf(test)
		return m.show(http.StatusOK, view.WizardTestPage(m.Page, page))
	}
	preview, faults, err := m.w.Preview(m.ctx(), &m.draft)
	if err != nil {
		if page.Problem, err = m.whyNot(err); err != nil {
			return err
		}
		return m.show(http.StatusOK, view.WizardTestPage(m.Page, page))
	}
	page.Wrong = m.faults(faults)
	for _, e := range wizard.Effects(preview) {
		line := view.EffectLine{Account: e.Account, Kind: string(e.Makes), Amount: e.Amount, Tells: e.Tells, Marked: e.Marked}
		if e.Connector != nil {
			line.Service = e.Connector.Title
		}
		page.Effects = append(page.Effects, line)
	}
	return m.show(http.StatusOK, view.WizardTestPage(m.Page, page))
}

// testPatience is how long a page waits for the outcome of test data before it shows how far it is.
const testPatience = 12 * time.Second

func (m *making) takeTest() error {
	switch m.form("do") {
	case "send":
		test, faults, err := m.w.SendTest(m.ctx(), &m.draft, testPatience)
		if err != nil {
			return m.refuseFor(m.to(m.at), err)
		}
		if len(faults) > 0 {
			return m.refuse(m.to(m.at), m.faults(faults)[0])
		}
		m.draft.Visit(m.at)
		if err := m.keep(); err != nil {
			return err
		}
		if err := m.record("connection.test", strconv.FormatInt(test.Delivery.ID, 10)); err != nil {
			return err
		}
		return m.done(m.to(m.at)+templ.SafeURL("?delivery="+idOf(test)), "")
	case "undo":
		id, err := strconv.ParseInt(m.form("delivery"), 10, 64)
		if err != nil {
			return store.ErrNotFound
		}
		test, err := m.w.UndoTest(m.ctx(), m.draft, id, testPatience)
		if err != nil {
			return err
		}
		return m.done(m.to(m.at)+templ.SafeURL("?delivery="+idOf(test)), m.P.Text("wizard.test_undone"))
	default:
		return m.on()
	}
}

// testOf is test data that was sent, in words.
func (m *making) testOf(t wizard.Test) *view.TestResult {
	result := &view.TestResult{Delivery: t.Delivery.ID, State: string(t.Delivery.State), Settled: t.Settled, CanUndo: t.CanUndo, Story: m.At("events", strconv.FormatInt(t.Event.ID, 10))}
	if t.Delivery.State != store.Done {
		cause := m.causeAt(t.Delivery.AccountID, t.Delivery.Code, t.Delivery.Reason)
		result.Reason, result.Todo, result.Detail = cause.What, cause.Todo, t.Delivery.Reason
	}
	for _, d := range t.Documents {
		result.Documents = append(result.Documents, view.MadeDocument{Kind: string(d.Kind), Number: documentName(d), URL: d.URL, Amount: d.Amount, Undone: d.UndoneBy != 0})
	}
	return result
}

func idOf(t wizard.Test) string { return strconv.FormatInt(t.Delivery.ID, 10) }

// documentName is what a document is called: its number, or the service's id.
func documentName(d tengi.Document) string {
	if d.Number != "" {
		return d.Number
	}
	return d.ExternalID
}

// showFinish asks for name, schedule and the switch.
func (m *making) showFinish(status int, wrong []string) error {
	f := m.w.Suggest(m.draft)
	form := scheduleForm(f.Schedule)
	if m.r.Method == http.MethodPost {
		form, _ = m.givenSchedule()
		f.Name, f.OnCancel, f.OnChange, f.Enabled = m.form("name"), tengi.Policy(m.form("on_cancel")), tengi.Policy(m.form("on_change")), m.form("enabled") == "true"
	}
	page := view.WizardFinish{Frame: m.frame(), Name: f.Name, Enabled: f.Enabled, OnCancel: string(f.OnCancel), OnChange: string(f.OnChange), Wrong: wrong, Unfinished: m.unfinished()}
	form.Intervals, form.Days = m.intervals(), m.days()
	for _, p := range m.app.Desk.Engine.Pipes(m.workspace.ID) {
		if p.ID != m.draft.Connection.ID {
			form.Others = append(form.Others, view.Choice{Value: p.ID, Label: p.Name})
		}
	}
	page.Schedule = form
	if c, ok := m.app.connector(m.draft.From); ok {
		if t, ok := c.Trigger(m.draft.Connection.Source.Trigger); ok {
			page.Polls = t.Poll != nil
		}
		for _, a := range m.w.Accounts(m.workspace.ID, c.Name) {
			if a.ID == m.draft.Connection.Source.AccountID {
				page.HookURL = a.HookURL
			}
		}
		page.Guide = m.At("guides", c.Name)
	}
	return m.show(status, view.WizardFinishPage(m.Page, page))
}

func (m *making) takeFinish() error {
	form, s := m.givenSchedule()
	if form.Wrong != "" {
		return m.showFinish(http.StatusUnprocessableEntity, []string{form.Wrong})
	}
	faults := m.w.SetFinish(&m.draft, wizard.Finish{Name: m.form("name"), Schedule: s, OnCancel: tengi.Policy(m.form("on_cancel")), OnChange: tengi.Policy(m.form("on_change")),
		Enabled: m.form("enabled") == "true"})
	m.draft.Visit(m.at)
	if err := m.keep(); err != nil {
		return err
	}
	if len(faults) > 0 {
		return m.showFinish(http.StatusUnprocessableEntity, m.faults(faults))
	}
	made, faults, err := m.w.Save(m.ctx(), &m.draft, m.form("force") == "true")
	switch {
	case errors.Is(err, wizard.ErrChanged):
		return m.showFinish(http.StatusConflict, []string{m.P.Text("wizard.changed_meanwhile")})
	case err != nil:
		if text := m.scheduleProblem(err); text != "" {
			return m.showFinish(http.StatusUnprocessableEntity, []string{text})
		}
		return err
	case len(faults) > 0:
		return m.showFinish(http.StatusUnprocessableEntity, m.faults(faults))
	}
	if err := m.record("connection.save", made.ID); err != nil {
		return err
	}
	if err := m.forget(); err != nil {
		return err
	}
	said := m.P.Text("wizard.saved_off", "name", made.Name)
	if made.Enabled {
		said = m.P.Text("wizard.saved_on", "name", made.Name)
	}
	return m.done(m.At("connections", made.Key), said)
}

// requestOf is a request as it would be sent.
func requestOf(c tengi.Call) view.PreviewCall {
	call := view.PreviewCall{Name: c.Name, Method: c.Method, URL: c.URL, Body: pretty(string(c.Body))}
	for name, values := range c.Header {
		for _, value := range values {
			call.Headers = append(call.Headers, view.Choice{Value: name, Label: value})
		}
	}
	slices.SortFunc(call.Headers, func(a, b view.Choice) int { return cmp.Compare(a.Value, b.Value) })
	return call
}
