package web

import (
	"net/http"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
	"github.com/tengi/tengi/wizard"
)

// showSource offers everything that a connection can begin with.
func (m *making) showSource() error {
	page := view.WizardChoice{Frame: m.frame()}
	for _, c := range m.w.Sources() {
		service := view.Offering{Service: m.app.service(m.visit, c, "")}
		for _, t := range c.Triggers {
			chosen := m.draft.From == c.Name && m.draft.Connection.Source.Trigger == t.Key
			service.Options = append(service.Options, view.ServiceOption{Value: c.Name + " " + t.Key, Title: m.P.Connector(c).TriggerTitle(t.Key), Chosen: chosen})
		}
		page.Services = append(page.Services, service)
	}
	return m.show(http.StatusOK, view.WizardChoicePage(m.Page, page))
}

func (m *making) takeSource() error {
	name, trigger := split(m.form("choice"))
	if err := m.w.SetSource(&m.draft, name, trigger); err != nil {
		return err
	}
	return m.on()
}

// showAction offers everything that a step can do.
func (m *making) showAction() error {
	page := view.WizardChoice{Frame: m.frame()}
	step, _ := m.step()
	for _, c := range m.w.Destinations() {
		service := view.Offering{Service: m.app.service(m.visit, c, "")}
		for _, a := range c.Actions {
			chosen := m.draft.To[step.Key] == c.Name && step.Action == a.Key
			service.Options = append(service.Options, view.ServiceOption{Value: c.Name + " " + a.Key, Title: m.P.Connector(c).ActionTitle(a.Key), Chosen: chosen})
		}
		page.Services = append(page.Services, service)
	}
	return m.show(http.StatusOK, view.WizardChoicePage(m.Page, page))
}

func (m *making) takeAction() error {
	name, action := split(m.form("choice"))
	if m.at.Step == "" {
		key, err := m.w.AddStep(&m.draft, name, action, "")
		if err != nil {
			return err
		}
		m.at.Step = key
		return m.on()
	}
	if err := m.w.SetAction(&m.draft, m.at.Step, name, action); err != nil {
		return err
	}
	return m.on()
}

// step is the step that the stage is about.
func (m *making) step() (tengi.Step, bool) {
	for _, s := range m.draft.Connection.Steps {
		if s.Key == m.at.Step {
			return s, true
		}
	}
	return tengi.Step{}, false
}

// needed is the connector whose account the stage asks for, and the account that is chosen.
func (m *making) needed() (*connector.Connector, string, error) {
	name, chosen := m.draft.From, m.draft.Connection.Source.AccountID
	if m.at.Stage == wizard.StageDestination {
		step, ok := m.step()
		if !ok {
			return nil, "", store.ErrNotFound
		}
		name, chosen = m.draft.To[step.Key], step.AccountID
	}
	c, ok := m.app.connector(name)
	if !ok {
		return nil, "", store.ErrNotFound
	}
	return c, chosen, nil
}

// showAccount offers the accounts at the service, and a form to connect another in place. why says what the service has against a new one.
func (m *making) showAccount(status int, why string, faults field.Faults) error {
	c, chosen, err := m.needed()
	if err != nil {
		return err
	}
	page := view.WizardAccount{Frame: m.frame(), Service: m.app.service(m.visit, c, m.At(areaGuides, c.Name)), Why: why}
	for _, a := range m.w.Accounts(m.workspace.ID, c.Name) {
		line := view.AccountChoice{ID: a.ID, Name: a.Name, State: string(a.State), Chosen: a.ID == chosen, Usable: a.Usable}
		if line.Name == "" {
			line.Name = a.Key
		}
		switch {
		case a.Problem != "":
			line.Reason = a.Problem
		case a.State == tengi.AccountAttention:
			line.Reason = a.Reason
		}
		page.Accounts = append(page.Accounts, line)
	}
	set := m.P.Connector(c).AccountFields()
	values := map[string]any{}
	for _, wanted := range m.w.Lacking(m.draft) {
		if wanted.Connector == c.Name {
			page.NewName, values = wanted.Name, wanted.Values
		}
	}
	if m.r.Method == http.MethodPost && m.form("do") == "connect" {
		page.NewName, values = m.form("account_name"), m.given(set, accountPrefix)
		page.Open = true
	}
	page.New = m.fields(fieldForm{set: set, prefix: accountPrefix, values: values, faults: faults})
	page.Open = page.Open || len(page.Accounts) == 0
	return m.show(status, view.WizardAccountPage(m.Page, page))
}

func (m *making) takeAccount() error {
	c, _, err := m.needed()
	if err != nil {
		return err
	}
	id := m.form("account")
	if m.form("do") == "connect" {
		set := m.P.Connector(c).AccountFields()
		made, faults, err := m.w.SaveAccount(m.ctx(), wizard.AccountForm{WorkspaceID: m.workspace.ID, Connector: c.Name, Name: m.form("account_name"), Values: m.given(set, accountPrefix)})
		if err != nil {
			return err
		}
		if len(faults) > 0 {
			return m.showAccount(http.StatusUnprocessableEntity, "", fieldFaults(faults))
		}
		if err := m.record("account.create", made); err != nil {
			return err
		}
		id = made
		if err := m.choose(id); err != nil {
			return err
		}
		if err := m.w.Supply(&m.draft, id); err != nil {
			return err
		}
		check, err := m.w.CheckAccount(m.ctx(), m.workspace.ID, id)
		if err != nil {
			return err
		}
		if !check.OK {
			if err := m.keep(); err != nil {
				return err
			}
			cause := m.P.Connector(c).Cause(check.Code, check.Message)
			return m.refuse(m.to(m.at), m.P.Text("wizard.account_refused", "what", check.Message, "todo", cause.Todo))
		}
		return m.on()
	}
	if err := m.choose(id); err != nil {
		return err
	}
	return m.on()
}

// choose takes an account for the stage.
func (m *making) choose(id string) error {
	if m.at.Stage == wizard.StageDestination {
		return m.w.SetDestination(&m.draft, m.at.Step, id)
	}
	return m.w.SetAccount(&m.draft, id)
}

// fieldFaults are the faults of a draft or an account as those of a set.
func fieldFaults(faults []wizard.Fault) field.Faults {
	list := make(field.Faults, len(faults))
	for i, f := range faults {
		list[i] = f.Fault()
	}
	return list
}

// optionsPrefix begins the names of the inputs of a source's options.
const optionsPrefix = "options."

// showOptions asks for the settings of the source.
func (m *making) showOptions(status int, faults field.Faults) error {
	c, _, err := m.needed()
	if err != nil {
		return err
	}
	set := m.P.Connector(c).TriggerOptions(m.draft.Connection.Source.Trigger)
	form := m.fields(fieldForm{set: set, prefix: optionsPrefix, values: m.draft.Connection.Source.Options, faults: faults})
	return m.show(status, view.WizardOptionsPage(m.Page, view.WizardOptions{Frame: m.frame(), Fields: form}))
}

func (m *making) takeOptions() error {
	c, _, err := m.needed()
	if err != nil {
		return err
	}
	faults, err := m.w.SetOptions(&m.draft, m.given(m.P.Connector(c).TriggerOptions(m.draft.Connection.Source.Trigger), optionsPrefix))
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		if err := m.keep(); err != nil {
			return err
		}
		return m.showOptions(http.StatusUnprocessableEntity, fieldFaults(faults))
	}
	return m.on()
}

// showFilter asks which events go through.
func (m *making) showFilter(status int) error {
	return m.show(status, view.WizardFilterPage(m.Page, view.WizardFilter{Frame: m.frame(), Condition: m.condition("", m.draft.Connection.Source.Filter)}))
}

// condition is a condition beside what it comes to for the sample, where there is one.
func (m *making) condition(step, text string) view.Condition {
	shown := view.Condition{Draft: m.kept.ID, Step: step, Text: text}
	if text == "" {
		return shown
	}
	c, err := m.w.CheckCondition(m.ctx(), m.draft, step, text)
	switch {
	case err != nil: // there is no sample yet to try it with
	case c.Fault != nil:
		shown.Wrong = m.fault(*c.Fault)
	default:
		shown.Tried, shown.Holds, shown.Explain = true, c.Holds, c.Explain
	}
	return shown
}

func (m *making) takeFilter() error {
	faults := m.w.SetFilter(&m.draft, m.form("condition"))
	if len(faults) > 0 {
		if err := m.keep(); err != nil {
			return err
		}
		return m.showFilter(http.StatusUnprocessableEntity)
	}
	return m.on()
}

// showSample offers events to try the rest with.
func (m *making) showSample() error {
	offer, err := m.w.Samples(m.ctx(), m.draft)
	if err != nil {
		return err
	}
	page := view.WizardSample{Frame: m.frame()}
	if offer.Problem != nil {
		page.Problem = m.fault(*offer.Problem)
	}
	chosen, _ := m.w.Describe(m.ctx(), m.draft)
	for _, item := range offer.Items {
		page.Items = append(page.Items, view.SampleItem{ID: item.ID, From: string(item.From), Type: item.Type, Reference: item.Reference, Customer: item.Customer, Total: item.Total,
			Lines: item.Lines, When: item.When, Text: item.Text, Chosen: chosen.ID != "" && item.ID == chosen.ID})
	}
	return m.show(http.StatusOK, view.WizardSamplePage(m.Page, page))
}

func (m *making) takeSample() error {
	if err := m.w.Choose(m.ctx(), &m.draft, m.form("sample")); err != nil {
		return m.refuseFor(m.to(m.at), err)
	}
	return m.on()
}
