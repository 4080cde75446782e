package wizard

import (
	"slices"

	"github.com/tengi/tengi/recipes"
	"github.com/tengi/tengi/setup"
)

// Wanted is an account that a recipe needs and that is still to be chosen or made.
type Wanted struct {
	Connector string         `json:"connector"`
	Name      string         `json:"name,omitempty"`
	Values    map[string]any `json:"values,omitempty"` // what the recipe says of it
	Asked     []string       `json:"asked,omitempty"`  // the fields that only its owner knows
	Places    []Place        `json:"places"`           // where it is to be chosen
}

// FromRecipe begins with a recipe: a draft for each of its connections, with everything chosen but the accounts that are missing or of which there are several.
// language is the reader's, for the name.
func (w *Wizard) FromRecipe(workspaceID, key, language string) ([]Draft, error) {
	r, ok := recipes.Find(key)
	if !ok {
		return nil, ErrNoRecipe
	}
	o, err := setup.ReadOutline(setup.File{Name: r.Key + ".yaml", Text: r.Text})
	if err != nil {
		return nil, err
	}
	var drafts []Draft
	for _, c := range o.Connections {
		d := w.Begin(workspaceID)
		d.Recipe, d.To = key, map[string]string{}
		name := c.Name
		if len(o.Connections) == 1 {
			name = r.Title(language)
		}
		c.WorkspaceID, c.Key, c.Name = workspaceID, "", name
		c.Source.AccountID = w.want(&d, o, c.Source.AccountID, Place{Stage: StageAccount})
		c.Steps = slices.Clone(c.Steps)
		for i, s := range c.Steps {
			c.Steps[i].AccountID = w.want(&d, o, s.AccountID, Place{StageDestination, s.Key})
		}
		d.Connection = c
		for _, at := range w.Places(d) {
			switch at.Stage {
			case StageSource, StageOptions, StageFilter, StageAction, StageFields:
				d.see(at)
			}
			if w.missing(d, at) == "" && (at.Stage == StageAccount || at.Stage == StageDestination) {
				d.see(at)
			}
		}
		drafts = append(drafts, d)
	}
	return drafts, nil
}

// want notes the connector of an account that a recipe names, and takes the workspace's own where there is one.
func (w *Wizard) want(d *Draft, o setup.Outline, key string, at Place) (accountID string) {
	i := slices.IndexFunc(o.Accounts, func(a setup.OutlineAccount) bool { return a.Key == key })
	if i < 0 {
		return ""
	}
	a := o.Accounts[i]
	if at.Step == "" {
		d.From = a.Connector
	} else {
		d.To[at.Step] = a.Connector
	}
	if id := w.only(d.Connection.WorkspaceID, a.Connector); id != "" {
		return id
	}
	if n := slices.IndexFunc(d.Wanted, func(x Wanted) bool { return x.Connector == a.Connector }); n >= 0 {
		d.Wanted[n].Places = append(d.Wanted[n].Places, at)
		return ""
	}
	d.Wanted = append(d.Wanted, Wanted{Connector: a.Connector, Name: a.Name, Values: a.Values, Asked: a.Asked, Places: []Place{at}})
	return ""
}

// Lacking are the accounts of the draft's recipe that are still to be chosen.
func (w *Wizard) Lacking(d Draft) []Wanted {
	var lacking []Wanted
	for _, x := range d.Wanted {
		if slices.ContainsFunc(x.Places, func(at Place) bool { return w.missing(d, at) == MissingAccount }) {
			lacking = append(lacking, x)
		}
	}
	return lacking
}

// Supply gives an account to every place of the draft that lacks one of its connector, as after it was made in place.
func (w *Wizard) Supply(d *Draft, accountID string) error {
	a, ok := w.account(d.Connection.WorkspaceID, accountID)
	if !ok {
		return ErrNoAccount
	}
	for _, at := range w.Places(*d) {
		if w.missing(*d, at) != MissingAccount {
			continue
		}
		switch {
		case at.Stage == StageAccount && d.From == a.Account.Connector:
			if err := w.SetAccount(d, accountID); err != nil {
				return err
			}
		case at.Stage == StageDestination && d.To[at.Step] == a.Account.Connector:
			if err := w.SetDestination(d, at.Step, accountID); err != nil {
				return err
			}
		}
	}
	return nil
}
