package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/tengi/tengi/recipes"
	"github.com/tengi/tengi/setup"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
	"github.com/tengi/tengi/wizard"
)

// making is a visit to a page of the wizard: the draft, and the stage that the address names.
type making struct {
	*visit
	w     *wizard.Wizard
	kept  store.Draft
	draft wizard.Draft
	at    wizard.Place
}

// newConnection shows what a connection can begin with: a recipe, or nothing.
func (app *App) newConnection(v *visit) error {
	v.Area = "connections"
	page := view.WizardStart{Chosen: v.form("recipe")}
	for _, r := range recipes.All() {
		page.Recipes = append(page.Recipes, app.recipeOf(v, r))
	}
	slices.SortStableFunc(page.Recipes, func(a, b view.Recipe) int {
		switch {
		case a.Key == page.Chosen && b.Key != page.Chosen:
			return -1
		case b.Key == page.Chosen && a.Key != page.Chosen:
			return 1
		}
		return 0
	})
	return v.show(http.StatusOK, view.WizardStartPage(v.Page, page))
}

// beginConnection makes a draft, or several where a recipe has several connections, and goes to its first open stage.
func (app *App) beginConnection(v *visit) error {
	w := app.wizard
	drafts := []wizard.Draft{w.Begin(v.workspace.ID)}
	if key := v.form("recipe"); key != "" {
		var err error
		if drafts, err = w.FromRecipe(v.workspace.ID, key, v.P.Code); err != nil {
			return lostIf(err)
		}
	}
	var first templ.SafeURL
	for i, d := range drafts {
		m := &making{visit: v, w: w, draft: d, kept: store.Draft{ID: setup.NewID("draft"), WorkspaceID: v.workspace.ID, PersonID: v.person.ID}}
		if err := m.keep(); err != nil {
			return err
		}
		if i == 0 {
			first = m.to(w.Next(d))
		}
	}
	return v.done(first, "")
}

// editConnection goes to the draft of a connection, and makes one where there is none.
func (app *App) editConnection(v *visit) error {
	pipe, err := v.pipe()
	if err != nil {
		return err
	}
	kept, err := app.Desk.Store.Drafts(v.ctx(), v.workspace.ID)
	if err != nil {
		return err
	}
	w := app.wizard
	for _, k := range kept {
		if k.ConnectionID == pipe.ID && k.PersonID == v.person.ID {
			d, err := wizard.Decode(k.Data)
			if err != nil {
				continue // of an older program: it begins anew
			}
			m := &making{visit: v, w: w, draft: d, kept: k}
			return v.done(m.to(w.Next(d)), "")
		}
	}
	d, err := w.Edit(v.workspace.ID, pipe.ID)
	if err != nil {
		return lostIf(err)
	}
	m := &making{visit: v, w: w, draft: d, kept: store.Draft{ID: setup.NewID("draft"), WorkspaceID: v.workspace.ID, ConnectionID: pipe.ID, PersonID: v.person.ID}}
	if err := m.keep(); err != nil {
		return err
	}
	return v.done(m.to(w.Next(d)), "")
}

// duplicateConnection begins a new connection as a copy of another.
func (app *App) duplicateConnection(v *visit) error {
	pipe, err := v.pipe()
	if err != nil {
		return err
	}
	w := app.wizard
	d, err := w.Duplicate(v.workspace.ID, pipe.ID, v.P.Text("wizard.copy_of", "name", pipe.Name))
	if err != nil {
		return lostIf(err)
	}
	m := &making{visit: v, w: w, draft: d, kept: store.Draft{ID: setup.NewID("draft"), WorkspaceID: v.workspace.ID, PersonID: v.person.ID}}
	if err := m.keep(); err != nil {
		return err
	}
	return v.done(m.to(w.Next(d)), "")
}

// exportConnection gives one connection as a file that `tengi apply` takes.
func (app *App) exportConnection(v *visit) error {
	pipe, err := v.pipe()
	if err != nil {
		return err
	}
	text, err := app.wizard.Export(v.ctx(), v.workspace.ID, pipe.ID)
	if err != nil {
		return lostIf(err)
	}
	h := v.w.Header()
	h.Set("Content-Type", "application/yaml; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+pipe.Key+`.yaml"`)
	_, err = v.w.Write([]byte(text)) //nolint:gosec // a file to be taken away, of a type that no browser runs
	return err
}

// lostIf turns what a page asked for and cannot have into an address that nothing is at.
func lostIf(err error) error {
	for _, lost := range []error{wizard.ErrNoConnection, wizard.ErrNoAccount, wizard.ErrNoConnector, wizard.ErrNoStep, wizard.ErrNoSample, wizard.ErrNoRecipe, wizard.ErrNoTest} {
		if errors.Is(err, lost) {
			return store.ErrNotFound
		}
	}
	return err
}

// stage wraps a page of the wizard: it reads the draft of the address.
func (app *App) stage(do func(*making) error) handler {
	return func(v *visit) error {
		v.Area = "connections"
		kept, err := app.Desk.Store.Draft(v.ctx(), v.workspace.ID, v.r.PathValue("draft"))
		if err != nil {
			return err
		}
		d, err := wizard.Decode(kept.Data)
		if err != nil {
			return err
		}
		m := &making{visit: v, w: app.wizard, kept: kept, draft: d, at: wizard.Place{Stage: wizard.Stage(v.r.PathValue("stage")), Step: v.r.URL.Query().Get("step")}}
		return lostIf(do(m))
	}
}

// keep stores the draft.
func (m *making) keep() error {
	data, err := m.draft.Encode()
	if err != nil {
		return err
	}
	m.kept.Data = data
	return m.app.Desk.Store.SaveDraft(m.ctx(), m.kept, m.app.Now())
}

// to is the address of a stage.
func (m *making) to(at wizard.Place) templ.SafeURL {
	address := m.At("drafts", m.kept.ID, string(at.Stage))
	if at.Step != "" {
		address += templ.SafeURL("?step=" + at.Step)
	}
	return address
}

// on notes that the stage was gone through, keeps the draft and goes on.
func (m *making) on() error {
	m.draft.Visit(m.at)
	if err := m.keep(); err != nil {
		return err
	}
	return m.done(m.to(m.w.After(m.draft, m.at)), "")
}

// stay keeps the draft and comes back to the stage.
func (m *making) stay(said string) error {
	if err := m.keep(); err != nil {
		return err
	}
	return m.done(m.to(m.at), said)
}

// frame is what every stage has around it: how far each has come, and the way back.
func (m *making) frame() view.WizardFrame {
	f := view.WizardFrame{Draft: m.kept.ID, Action: m.to(m.at), New: m.draft.New(), Name: m.draft.Connection.Name, Title: m.titleOf(m.at)}
	for _, s := range m.w.Outline(m.draft) {
		line := view.WizardLine{URL: m.to(s.Place), Title: m.titleOf(s.Place), Done: s.Done, Ready: s.Ready, Here: s.Place == m.at, Wrong: len(s.Faults) > 0}
		f.Outline = append(f.Outline, line)
	}
	if before := m.w.Before(m.draft, m.at); before != m.at {
		f.Back = m.to(before)
	}
	return f
}

// titleOf names a stage, with the step that it is about where there are several.
func (m *making) titleOf(at wizard.Place) string {
	title := m.P.Family("wizard.stage", string(at.Stage))
	if at.Step != "" && len(m.draft.Connection.Steps) > 1 {
		for i, s := range m.draft.Connection.Steps {
			if s.Key == at.Step {
				return m.P.Text("wizard.of_step", "n", i+1, "title", title)
			}
		}
	}
	return title
}

// faults are what is wrong, in words.
func (m *making) faults(faults []wizard.Fault) []string {
	texts := make([]string, len(faults))
	for i, f := range faults {
		texts[i] = m.fault(f)
	}
	return texts
}

// fault is one thing that is wrong, in words, with its place in an expression and behind it what exactly: the names in it are the expression's.
func (m *making) fault(f wizard.Fault) string {
	return m.P.ExpressionFault(f.Code, f.Char) + " (" + f.Message + ")"
}

// unfinished is what keeps the draft from being saved, stage by stage.
func (m *making) unfinished() (texts []string) {
	for _, s := range m.w.Outline(m.draft) {
		if s.Missing != "" && s.Missing != wizard.MissingLook && s.Missing != wizard.MissingName { // those two are what the last stage is for
			texts = append(texts, m.titleOf(s.Place)+": "+m.P.Family("wizard.missing", string(s.Missing)))
		}
		for _, f := range s.Faults {
			texts = append(texts, m.titleOf(s.Place)+": "+m.fault(f))
		}
	}
	return texts
}

// showStage shows the stage of the address.
func (m *making) showStage() error {
	if !slices.Contains(m.w.Places(m.draft), m.at) {
		return store.ErrNotFound
	}
	switch m.at.Stage {
	case wizard.StageSource:
		return m.showSource()
	case wizard.StageAccount, wizard.StageDestination:
		return m.showAccount(http.StatusOK, "", nil)
	case wizard.StageOptions:
		return m.showOptions(http.StatusOK, nil)
	case wizard.StageFilter:
		return m.showFilter(http.StatusOK)
	case wizard.StageSample:
		return m.showSample()
	case wizard.StageAction:
		return m.showAction()
	case wizard.StageFields:
		return m.showFields(http.StatusOK)
	case wizard.StagePreview:
		return m.showPreview()
	case wizard.StageTest:
		return m.showTest()
	default:
		return m.showFinish(http.StatusOK, nil)
	}
}

// takeStage takes what the form of the stage says.
func (m *making) takeStage() error {
	switch m.at.Stage {
	case wizard.StageSource:
		return m.takeSource()
	case wizard.StageAccount, wizard.StageDestination:
		return m.takeAccount()
	case wizard.StageOptions:
		return m.takeOptions()
	case wizard.StageFilter:
		return m.takeFilter()
	case wizard.StageSample:
		return m.takeSample()
	case wizard.StageAction:
		return m.takeAction()
	case wizard.StageFields:
		return m.takeFields()
	case wizard.StagePreview:
		return m.on()
	case wizard.StageTest:
		return m.takeTest()
	case wizard.StageFinish:
		return m.takeFinish()
	}
	return store.ErrNotFound
}

// openDraft goes to the first stage of a draft that is not done.
func (m *making) openDraft() error { return m.done(m.to(m.w.Next(m.draft)), "") }

// dropDraft throws a draft away. What it has made for tests stays where it is.
func (m *making) dropDraft() error {
	if err := m.forget(); err != nil {
		return err
	}
	return m.done(m.At("connections"), m.P.Text("wizard.dropped"))
}

// forget ends the draft's tests and removes it.
func (m *making) forget() error {
	if err := m.w.Discard(m.ctx(), m.draft); err != nil {
		return err
	}
	return m.app.Desk.Store.DeleteDraft(m.ctx(), m.workspace.ID, m.kept.ID)
}

// split takes "connector trigger" apart, as the buttons of a stage say it.
func split(choice string) (name, key string) {
	name, key, _ = strings.Cut(choice, " ")
	return name, key
}
