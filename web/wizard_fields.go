package web

import (
	"net/http"
	"strings"

	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/mapping"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
	"github.com/tengi/tengi/wizard"
)

// mappingPrefix begins the names of the inputs of a step's fields.
const mappingPrefix = "f."

// labels is the input of the stage's action in the reader's language.
func (m *making) labels() (field.Set, error) {
	step, ok := m.step()
	if !ok {
		return nil, store.ErrNotFound
	}
	c, ok := m.app.connector(m.draft.To[step.Key])
	if !ok {
		return nil, store.ErrNotFound
	}
	return m.P.Connector(c).ActionInput(step.Action), nil
}

// showFields is the page on which a step's fields are filled, each beside its value for the sample.
func (m *making) showFields(status int) error {
	labels, err := m.labels()
	if err != nil {
		return err
	}
	step, err := m.w.Fields(m.ctx(), m.draft, m.at.Step, labels)
	if err != nil {
		return err
	}
	page := view.WizardFields{Frame: m.frame(), Total: step.Total, Wrong: m.faults(step.Faults), Several: len(m.draft.Connection.Steps) > 1}
	page.When = view.Condition{Draft: m.kept.ID, Step: m.at.Step, Text: step.When.Text}
	if step.When.Text != "" {
		page.When = m.condition(m.at.Step, step.When.Text)
	}
	for _, f := range step.Fields {
		page.Fields = append(page.Fields, m.mappingField(f))
	}
	for _, p := range step.Paths {
		page.Values = append(page.Values, valueOf(p))
	}
	for _, g := range step.Guesses {
		page.Guesses = append(page.Guesses, view.GuessLine{Path: g.Path, Label: g.Label, Column: g.Column, Text: g.Text, Sure: g.Confidence >= wizard.Sure})
	}
	for _, f := range wizard.Functions() {
		page.Functions = append(page.Functions, view.FunctionLine{Signature: f.Signature, Help: m.P.FunctionHelp(f.Name, f.Help), Example: f.Example, Result: f.Result})
	}
	return m.show(status, view.WizardFieldsPage(m.Page, page))
}

// valueOf is a value that may be put into a field.
func valueOf(p mapping.Path) view.ValueLine {
	label := p.Label
	if label == "" {
		label = p.Path
	}
	return view.ValueLine{Path: p.Path, Label: label, Text: p.Text}
}

// mappingField is a field with what it is filled from and what that comes to.
func (m *making) mappingField(f wizard.Field) view.MappingField {
	shown := view.MappingField{Draft: m.kept.ID, Step: m.at.Step, Path: f.Path, Name: mappingPrefix + f.Path, Label: f.Label, Help: f.Help, Required: f.Required, Template: f.Template,
		Default: f.Default, Advanced: f.Advanced && !f.Given, Text: f.Text, Hidden: f.Hidden, Rows: f.Rows, List: f.Type == field.List, Group: f.Type == field.Group, Pairs: f.Type == field.Pairs}
	if f.Fault != nil {
		shown.Wrong = m.fault(*f.Fault)
	}
	if f.Type == field.Select {
		for _, o := range f.Options {
			shown.Options = append(shown.Options, view.Choice{Value: o.Value, Label: o.Label})
		}
	}
	if f.Type == field.Bool {
		shown.Options = []view.Choice{{Value: "true", Label: m.P.Text("wizard.yes")}, {Value: "false", Label: m.P.Text("wizard.no")}}
	}
	for _, c := range f.Children {
		child := m.mappingField(c)
		child.Advanced = child.Advanced || f.Advanced && !c.Given
		shown.Children = append(shown.Children, child)
	}
	for _, p := range f.Row {
		shown.RowValues = append(shown.RowValues, valueOf(p))
	}
	return shown
}

// entries are what the form says of the fields. What still stands as the action's default is not said: it goes on following the default.
func (m *making) entries(fields []wizard.Field) (list []wizard.Entry) {
	for _, f := range fields {
		name := mappingPrefix + f.Path
		if sent, ok := m.r.Form[name]; ok && len(sent) > 0 {
			template := strings.ReplaceAll(sent[len(sent)-1], "\r\n", "\n")
			if !f.Default || template != f.Template {
				list = append(list, wizard.Entry{Path: f.Path, Template: template})
			}
		}
		list = append(list, m.entries(f.Children)...)
	}
	return list
}

func (m *making) takeFields() error {
	labels, err := m.labels()
	if err != nil {
		return err
	}
	if m.form("do") == "guess" {
		return m.takeGuesses(labels)
	}
	step, err := m.w.Fields(m.ctx(), m.draft, m.at.Step, labels)
	if err != nil {
		return err
	}
	faults, err := m.w.SetFields(&m.draft, m.at.Step, wizard.Assemble(labels, m.entries(step.Fields)))
	if err != nil {
		return err
	}
	wrong, err := m.w.SetWhen(&m.draft, m.at.Step, m.form("condition"))
	if err != nil {
		return err
	}
	if len(faults)+len(wrong) > 0 {
		if err := m.keep(); err != nil {
			return err
		}
		return m.showFields(http.StatusUnprocessableEntity)
	}
	if m.form("do") == "add" {
		m.draft.Visit(m.at)
		if err := m.keep(); err != nil {
			return err
		}
		return m.done(m.At("drafts", m.kept.ID, "steps"), "")
	}
	return m.on()
}

// takeGuesses fills the fields as they were guessed and ticked.
func (m *making) takeGuesses(labels field.Set) error {
	step, err := m.w.Fields(m.ctx(), m.draft, m.at.Step, labels)
	if err != nil {
		return err
	}
	ticked := map[string]bool{}
	for _, path := range m.r.Form["guess"] {
		ticked[path] = true
	}
	var taken []wizard.Guess
	for _, g := range step.Guesses {
		if ticked[g.Path] {
			taken = append(taken, g)
		}
	}
	if _, err := m.w.Take(&m.draft, m.at.Step, taken); err != nil {
		return err
	}
	return m.stay(m.P.Count("wizard.taken", len(taken)))
}

// tryField says what a field comes to while somebody writes it: a part of the page.
func (m *making) tryField() error {
	m.at = wizard.Place{Stage: wizard.StageFields, Step: m.form("step")}
	path := m.form("path")
	labels, err := m.labels()
	if err != nil {
		return err
	}
	f, err := m.w.CheckField(m.ctx(), m.draft, m.at.Step, path, m.r.FormValue(mappingPrefix+path), labels)
	if err != nil {
		return err
	}
	shown := m.mappingField(f)
	return m.show(http.StatusOK, view.MappingValue(m.Page, shown))
}

// tryCondition says what a condition comes to while somebody writes it.
func (m *making) tryCondition() error {
	return m.show(http.StatusOK, view.ConditionResult(m.Page, m.condition(m.form("step"), m.form("condition"))))
}

// steps lists the steps of a draft, to bring them into another order, take one out, or add one.
func (m *making) steps() error {
	page := view.WizardSteps{Draft: m.kept.ID, Name: m.draft.Connection.Name, On: m.to(m.w.Next(m.draft))}
	for _, s := range m.draft.Connection.Steps {
		line := m.stepOf(s)
		page.Steps = append(page.Steps, view.WizardStep{Key: s.Key, Line: line, Edit: m.to(wizard.Place{Stage: wizard.StageFields, Step: s.Key})})
	}
	for _, c := range m.w.Destinations() {
		service := view.Offering{Service: m.app.service(m.visit, c, "")}
		for _, a := range c.Actions {
			service.Options = append(service.Options, view.ServiceOption{Value: c.Name + " " + a.Key, Title: m.P.Connector(c).ActionTitle(a.Key)})
		}
		page.Services = append(page.Services, service)
	}
	return m.show(http.StatusOK, view.WizardStepsPage(m.Page, page))
}

// changeSteps adds, moves or removes a step.
func (m *making) changeSteps() error {
	key := m.form("step")
	switch m.form("do") {
	case "up", "down":
		at := -1
		for i, s := range m.draft.Connection.Steps {
			if s.Key == key {
				at = i
			}
		}
		to := at - 1
		if m.form("do") == "down" {
			to = at + 1
		}
		if at < 0 || to < 0 || to >= len(m.draft.Connection.Steps) {
			return store.ErrNotFound
		}
		if err := m.w.MoveStep(&m.draft, key, to); err != nil {
			return err
		}
	case "remove":
		if err := m.w.RemoveStep(&m.draft, key); err != nil {
			return err
		}
	default:
		name, action := split(m.form("choice"))
		key, err := m.w.AddStep(&m.draft, name, action, "")
		if err != nil {
			return err
		}
		if err := m.keep(); err != nil {
			return err
		}
		return m.done(m.to(wizard.Place{Stage: wizard.StageDestination, Step: key}), "")
	}
	if err := m.keep(); err != nil {
		return err
	}
	return m.done(m.At("drafts", m.kept.ID, "steps"), "")
}
