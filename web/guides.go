package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/guide"
	"github.com/tengi/tengi/recipes"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
)

// areaGuides is the part of the address, and of the navigation, where guides are.
const areaGuides = "guides"

// guides lists what can be set up, and how.
func (app *App) guides(v *visit) error {
	v.Area = areaGuides
	page := view.Guides{Support: app.support()}
	for _, r := range recipes.All() {
		page.Recipes = append(page.Recipes, app.recipeOf(v, r))
	}
	for _, c := range app.Desk.Connectors {
		page.Services = append(page.Services, app.service(v, c, v.At(areaGuides, c.Name)))
	}
	return v.show(http.StatusOK, view.GuidesPage(v.Page, page))
}

// service is a connector as the reader sees it, with where it leads.
func (app *App) service(v *visit, c *connector.Connector, to templ.SafeURL) view.Service {
	words := v.P.Connector(c)
	s := view.Service{Name: c.Name, Title: words.Title(), Summary: words.Summary(), URL: to, Picture: pictureOf(c)}
	for _, a := range app.Desk.Engine.Accounts(v.workspace.ID) {
		if a.Account.Connector == c.Name {
			s.Accounts++
		}
	}
	return s
}

// pictureOf is the address of a service's sign.
func pictureOf(c *connector.Connector) templ.SafeURL {
	if c == nil || c.Files == nil {
		return ""
	}
	return templ.SafeURL("/icons/" + url.PathEscape(c.Name) + ".svg")
}

// recipeOf is a recipe as the reader sees it.
func (app *App) recipeOf(v *visit, r recipes.Recipe) view.Recipe {
	shown := view.Recipe{Key: r.Key, Title: r.Title(v.P.Code), Summary: r.Summary(v.P.Code)}
	for _, name := range r.Connectors {
		if c, ok := app.connector(name); ok {
			shown.Services = append(shown.Services, app.service(v, c, v.At(areaGuides, name)))
		}
	}
	return shown
}

// connector finds a connector by its name.
func (app *App) connector(name string) (*connector.Connector, bool) {
	for _, c := range app.Desk.Connectors {
		if c.Name == name {
			return c, true
		}
	}
	return nil, false
}

// support is whom the operator named for questions: an e-mail address, a page, or a sentence.
func (app *App) support() view.Support {
	s := view.Support{Text: app.Support}
	switch {
	case strings.HasPrefix(s.Text, "https://"), strings.HasPrefix(s.Text, "http://"):
		s.URL = templ.URL(s.Text)
	case looksLikeEmail(s.Text):
		s.URL = templ.SafeURL("mailto:" + s.Text)
	}
	return s
}

// guide shows one guide, with the address of the reader's own account in it.
func (app *App) guide(v *visit) error {
	v.Area = areaGuides
	c, ok := app.connector(v.r.PathValue("connector"))
	if !ok {
		return store.ErrNotFound
	}
	page := view.Guide{Service: app.service(v, c, v.At(areaGuides, c.Name)), Support: app.support()}
	var chosen *engine.Account
	if v.manages() && c.Receive != nil {
		for _, a := range app.Desk.Engine.Accounts(v.workspace.ID) {
			if a.Account.Connector != c.Name {
				continue
			}
			page.Accounts = append(page.Accounts, view.Choice{Value: a.Key, Label: a.Name})
			if chosen == nil || a.Key == v.form("account") {
				chosen, page.Account = a, a.Key
			}
		}
	}
	g, ok, err := guide.Of(c, v.P.Code, app.own(v, chosen))
	if err != nil {
		return err
	}
	if !ok {
		return store.ErrNotFound
	}
	page.Title, page.Language, page.Intro, page.Foreign = g.Title, g.Language, g.Intro, g.Language != v.P.Code
	for _, s := range g.Sections {
		if page.Foreign { // who reads no English finds their way by the headings
			s.Title = v.P.GuideHeading(s.Title)
		}
		page.Sections = append(page.Sections, view.GuideSection{ID: s.ID, Title: s.Title, HTML: s.HTML})
	}
	return v.show(http.StatusOK, view.GuidePage(v.Page, page))
}

// own are the addresses that a guide fills in. The webhook address is a secret of its own and is shown to those alone who manage the business.
func (app *App) own(v *visit, a *engine.Account) guide.Own {
	own := guide.Own{NoWebhook: v.P.Text("guides.no_webhook"), Copy: v.P.Text("common.copy"), Copied: v.P.Text("common.copied")}
	if a != nil && a.HookToken != "" && v.manages() {
		own.Webhook = app.Desk.HookURL(a.HookToken)
	}
	return own
}

// recipe shows what a recipe needs, and begins it.
func (app *App) recipe(v *visit) error {
	v.Area = areaGuides
	r, ok := recipes.Find(v.r.PathValue("recipe"))
	if !ok {
		return store.ErrNotFound
	}
	return v.show(http.StatusOK, view.RecipePage(v.Page, view.RecipeGuide{Recipe: app.recipeOf(v, r), Support: app.support()}))
}
