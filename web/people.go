package web

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tengi/tengi/setup"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
)

// invitationLife is how long the link of an invitation is good.
const invitationLife = 7 * 24 * time.Hour

// roles are what a person, or a key, may be, the least first.
var roles = []store.Role{store.Viewer, store.Manager, store.Owner}

// people lists who may do what in the workspace.
func (app *App) people(v *visit) error { return app.showPeople(v, http.StatusOK, view.People{}) }

func (app *App) showPeople(v *visit, status int, page view.People) error {
	v.Area = areaSettings
	members, err := app.Desk.Store.Members(v.ctx(), v.workspace.ID)
	if err != nil {
		return err
	}
	for _, m := range members {
		whole, err := app.maySeeTo(v, m.ID)
		if err != nil {
			return err
		}
		page.Members = append(page.Members, view.Member{ID: m.ID, Name: m.Name, Email: m.Email, Role: string(m.Role), SeenAt: m.SeenAt, You: m.ID == v.person.ID,
			Joined: m.Password != "", Disabled: !m.DisabledAt.IsZero(), Whole: whole})
	}
	page.Roles = v.roleChoices()
	return v.show(status, view.PeoplePage(v.Page, page))
}

// roleChoices are the roles in the reader's words, with what each may.
func (v *visit) roleChoices() []view.Choice {
	var list []view.Choice
	for _, r := range roles {
		list = append(list, view.Choice{Value: string(r), Label: v.P.Family("settings.role", string(r))})
	}
	return list
}

// maySeeTo says whether the reader may also change what concerns a person everywhere, such as how they sign in: when the reader owns each
// workspace that the person belongs to. Otherwise the owner of one business could become somebody who works for another.
func (app *App) maySeeTo(v *visit, personID string) (bool, error) {
	owned, err := app.owned(v)
	if err != nil {
		return false, err
	}
	memberships, err := app.Desk.Store.Memberships(v.ctx(), personID)
	for _, m := range memberships {
		if !owned[m.WorkspaceID] {
			return false, err
		}
	}
	return true, err
}

// member is the person of the address, who must belong to the workspace.
func (app *App) personHere(v *visit) (store.Member, error) {
	members, err := app.Desk.Store.Members(v.ctx(), v.workspace.ID)
	if err != nil {
		return store.Member{}, err
	}
	for _, m := range members {
		if m.ID == v.r.PathValue("person") {
			return m, nil
		}
	}
	return store.Member{}, store.ErrNotFound
}

// invite lets somebody in. A person who is known already gets the role at once; a new one gets a link, which is shown here and nowhere else.
func (app *App) invite(v *visit) error {
	page := view.People{Name: v.form("name"), Email: strings.ToLower(v.form("email")), Role: v.form("role"), Wrong: map[string]string{}}
	if page.Name == "" || len(page.Name) > 200 {
		page.Wrong["name"] = v.P.Text("signin.name_missing")
	}
	if !looksLikeEmail(page.Email) {
		page.Wrong["email"] = v.P.Text("signin.email_wrong")
	}
	role := store.Role(page.Role)
	if !role.Includes(store.Viewer) {
		page.Wrong["role"] = v.P.Text("common.wrong_value")
	}
	if len(page.Wrong) > 0 {
		return app.showPeople(v, http.StatusUnprocessableEntity, page)
	}
	person, err := app.Desk.Store.PersonByEmail(v.ctx(), page.Email)
	known := err == nil
	switch {
	case known:
		err = app.addKnown(v, person, role)
	case errors.Is(err, store.ErrNotFound):
		person = store.Person{ID: setup.NewID("person"), Email: page.Email, Name: page.Name, Language: v.workspace.Language, Theme: "auto"}
		err = app.Desk.Store.CreatePerson(v.ctx(), person, []store.Membership{{WorkspaceID: v.workspace.ID, Role: role}}, v.Now)
	}
	if errors.Is(err, store.ErrConflict) {
		page.Wrong["email"] = v.P.Text("settings.is_member")
		return app.showPeople(v, http.StatusUnprocessableEntity, page)
	} else if err != nil {
		return err
	}
	if err := v.record("person.invite", person.ID, "role", string(role)); err != nil {
		return err
	}
	whole, err := app.maySeeTo(v, person.ID)
	if err != nil {
		return err
	}
	if person.Password != "" || !whole {
		return v.done(v.At(areaSettings, "people"), v.P.Text("settings.person_added"))
	}
	return app.showLink(v, person)
}

// addKnown gives a person who is here already a role in this workspace; ErrConflict when they have one.
func (app *App) addKnown(v *visit, person store.Person, role store.Role) error {
	memberships, err := app.Desk.Store.Memberships(v.ctx(), person.ID)
	if err != nil {
		return err
	}
	for _, m := range memberships {
		if m.WorkspaceID == v.workspace.ID {
			return store.ErrConflict
		}
	}
	return app.Desk.Store.SetRole(v.ctx(), store.Membership{WorkspaceID: v.workspace.ID, PersonID: person.ID, Role: role})
}

// showLink makes a new link for a person and shows it, this once.
func (app *App) showLink(v *visit, person store.Person) error {
	code := rand.Text()
	if err := app.Desk.Store.PutCode(v.ctx(), joining(person.ID), code, v.Now.Add(invitationLife)); err != nil {
		return err
	}
	link := app.URL() + "/join?code=" + url.QueryEscape(person.ID+"."+code)
	return app.showPeople(v, http.StatusOK, view.People{Link: link, LinkFor: person.Name})
}

// joining is the purpose of the code in a person's link.
func joining(personID string) string { return "join/" + personID }

// linkAnew gives somebody another link: the first one was lost, or the password was forgotten.
func (app *App) linkAnew(v *visit) error {
	m, err := app.wholly(v)
	if err != nil {
		return err
	}
	if err := v.record("person.link", m.ID); err != nil {
		return err
	}
	return app.showLink(v, m.Person)
}

// wholly is the person of the address, when the reader may see to everything that concerns them.
func (app *App) wholly(v *visit) (store.Member, error) {
	m, err := app.personHere(v)
	if err != nil {
		return m, err
	}
	if whole, err := app.maySeeTo(v, m.ID); err != nil || !whole {
		return m, errors.Join(err, errForbidden)
	}
	return m, nil
}

// setRole changes what a person may do here; an empty role takes them out of the workspace.
func (app *App) setRole(v *visit) error {
	m, err := app.personHere(v)
	if err != nil {
		return err
	}
	role := store.Role(v.form("role"))
	if role != "" && !role.Includes(store.Viewer) {
		return invalid(v.P.Text("common.wrong_value"))
	}
	err = app.Desk.Store.SetRole(v.ctx(), store.Membership{WorkspaceID: v.workspace.ID, PersonID: m.ID, Role: role})
	return app.changedPerson(v, err, "person.role", m.ID, "role", string(role))
}

// setDisabled keeps a person out of the whole hub, or lets them in again.
func (app *App) setDisabled(v *visit) error {
	m, err := app.wholly(v)
	if err != nil {
		return err
	}
	verb, disabled := "person.disable", v.form("disabled") == "true"
	if !disabled {
		verb = "person.enable"
	}
	return app.changedPerson(v, app.Desk.Store.SetDisabled(v.ctx(), m.ID, disabled, v.Now), verb, m.ID)
}

// changedPerson answers a change to a person. A workspace is never left without an owner.
func (app *App) changedPerson(v *visit, err error, verb, personID string, details ...string) error {
	back := v.At(areaSettings, "people")
	if errors.Is(err, store.ErrLastOwner) {
		return v.refuse(back, v.P.Text("settings.last_owner"))
	} else if err != nil {
		return err
	}
	if err := v.record(verb, personID, details...); err != nil {
		return err
	}
	if personID == v.person.ID {
		back = "/" // the page of people may be closed to them now
	}
	return v.done(back, v.P.Text("common.saved"))
}
