package web

import (
	"cmp"
	"net/http"
	"slices"

	"golang.org/x/text/collate"
	"golang.org/x/text/currency"
	"golang.org/x/text/language"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/locale"
	"github.com/tengi/tengi/setup"
	"github.com/tengi/tengi/web/view"
)

// homes are the countries whose owners Tengi speaks the language of, with what a business there usually has.
var homes = map[string]tengi.Workspace{
	"en": {Country: "IE", Currency: "EUR", TimeZone: "Europe/Dublin"},
	"is": {Country: "IS", Currency: "ISK", TimeZone: "Atlantic/Reykjavik"},
	"uk": {Country: "UA", Currency: "UAH", TimeZone: "Europe/Kyiv"},
	"he": {Country: "IL", Currency: "ILS", TimeZone: "Asia/Jerusalem"},
	"pl": {Country: "PL", Currency: "PLN", TimeZone: "Europe/Warsaw"},
}

// zones are offered beside the field of the time zone; any other name of the time zone database may be written.
var zones = []string{"Africa/Cairo", "Africa/Johannesburg", "America/Chicago", "America/Los_Angeles", "America/New_York", "America/Sao_Paulo", "Asia/Dubai", "Asia/Jerusalem",
	"Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Atlantic/Reykjavik", "Australia/Sydney", "Europe/Amsterdam", "Europe/Athens", "Europe/Berlin", "Europe/Brussels",
	"Europe/Bucharest", "Europe/Budapest", "Europe/Copenhagen", "Europe/Dublin", "Europe/Helsinki", "Europe/Istanbul", "Europe/Kyiv", "Europe/Lisbon", "Europe/London",
	"Europe/Madrid", "Europe/Oslo", "Europe/Paris", "Europe/Prague", "Europe/Riga", "Europe/Rome", "Europe/Sofia", "Europe/Stockholm", "Europe/Tallinn", "Europe/Vienna",
	"Europe/Vilnius", "Europe/Warsaw", "Europe/Zurich", "UTC"}

// startOf is what the form of a new workspace begins with, by the reader's language.
func startOf(v *visit) tengi.Workspace {
	start := homes[v.P.Code]
	start.Language = v.P.Code
	return start
}

// givenWorkspace is the workspace as it was written into its form.
func givenWorkspace(v *visit) tengi.Workspace {
	return tengi.Workspace{Name: v.form("workspace"), Country: v.form("country"), Currency: v.form("currency"), TimeZone: v.form("timezone"), Language: v.form("workspace_language")}
}

// wrongWorkspace says in the reader's language what is wrong with a workspace, by the names of its fields in files.
func wrongWorkspace(v *visit, w tengi.Workspace) map[string]string {
	wrong := map[string]string{}
	for name := range setup.CheckWorkspace(w) {
		wrong[name] = v.P.Text("common.wrong_value")
	}
	return wrong
}

// workspaceForm is the form of a workspace: as it was filled in, else as it stands.
func workspaceForm(v *visit, stands tengi.Workspace) view.WorkspaceForm {
	if v.r.Method == http.MethodPost {
		stands = givenWorkspace(v)
	}
	form := view.WorkspaceForm{Name: stands.Name, Country: stands.Country, Currency: stands.Currency, TimeZone: stands.TimeZone, Language: stands.Language, Zones: zones}
	for _, l := range locale.Languages() {
		form.Languages = append(form.Languages, view.Choice{Value: l.Code, Label: l.Name})
	}
	form.Countries, form.Currencies = countries(v.P), currencies()
	return form
}

// noCountry are codes that ISO 3166-1 reserves for unions and islands without an own entry.
var noCountry = []string{"AC", "CP", "DG", "EA", "EU", "EZ", "IC", "TA", "UN"}

// countries are all countries by their names in the reader's language.
func countries(p *locale.Printer) []view.Choice {
	var list []view.Choice
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			region, err := language.ParseRegion(string([]rune{a, b}))
			if err != nil || !region.IsCountry() || region.Canonicalize() != region || region.String() != string([]rune{a, b}) || slices.Contains(noCountry, region.String()) {
				continue
			}
			if name := p.Country(region.String()); name != region.String() {
				list = append(list, view.Choice{Value: region.String(), Label: name})
			}
		}
	}
	order := collate.New(language.Make(p.Code))
	slices.SortFunc(list, func(a, b view.Choice) int { return order.CompareString(a.Label, b.Label) })
	return list
}

// currencies are those in use now, by their codes.
func currencies() []view.Choice {
	var list []view.Choice
	for q := currency.Query(); q.Next(); {
		if q.Region().IsCountry() && !slices.ContainsFunc(list, func(c view.Choice) bool { return c.Value == q.Unit().String() }) {
			list = append(list, view.Choice{Value: q.Unit().String(), Label: q.Unit().String()})
		}
	}
	slices.SortFunc(list, func(a, b view.Choice) int { return cmp.Compare(a.Value, b.Value) })
	return list
}
