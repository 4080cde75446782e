package setup

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/money"
)

// languages are those Tengi speaks.
var languages = []string{"en", "is", "uk", "he", "pl"}

// maxName is the most letters of a name.
const maxName = 200

// workspace plans one workspace block. A block may name only the key of a workspace that exists; what it does not give stays as it is.
func (p *plan) workspace(spec *workspaceSpec) {
	key, ok := p.workspaceKey(spec)
	if !ok {
		return
	}
	if i := slices.IndexFunc(p.workspaces, func(w *workspacePlan) bool { return w.Key == key }); i >= 0 {
		p.homes[spec] = p.workspaces[i]
		p.again(p.workspaces[i], spec)
		return
	}
	w := &workspacePlan{Workspace: tengi.Workspace{ID: newID("ws"), Key: key}, spec: spec, change: Change{Kind: kindWorkspace, Workspace: key, Key: key, Action: Created}}
	before := tree(nil)
	if i := slices.IndexFunc(p.stored.Workspaces, func(s tengi.Workspace) bool { return s.Key == key }); i >= 0 {
		w.Workspace, before = p.stored.Workspaces[i], workspaceTree(p.stored.Workspaces[i])
		w.change.Action = Unchanged
	}
	p.fill(&w.Workspace, spec, before == nil)
	if before != nil {
		w.change.compare(before, workspaceTree(w.Workspace))
	}
	p.workspaces = append(p.workspaces, w)
	p.homes[spec] = w
}

// again takes another block of the same workspace, which may repeat what the first says but not say otherwise.
func (p *plan) again(w *workspacePlan, spec *workspaceSpec) {
	repeated := w.Workspace
	p.fill(&repeated, spec, false)
	if repeated != w.Workspace {
		p.fault(spec.at, "workspace", "the workspace %s stands here a second time and says otherwise; first in %s", w.Key, w.spec.at)
	}
}

// workspaceKey is the key given, else one made of the name. A name that makes a new key is only taken where there is no workspace yet: changing a name
// must not make a second business.
func (p *plan) workspaceKey(spec *workspaceSpec) (string, bool) {
	if spec.key != nil {
		return p.key(spec.key, "workspace")
	}
	if spec.name == nil {
		p.fault(spec.at, "workspace", "give a name, or the key of a workspace that exists")
		return "", false
	}
	key := slug(spec.name.text)
	if i := slices.IndexFunc(p.stored.Workspaces, func(w tengi.Workspace) bool { return w.Name == spec.name.text }); i >= 0 {
		return p.stored.Workspaces[i].Key, true
	}
	if key == "" {
		p.fault(spec.name.at, "workspace", "no key can be made of this name: give one, such as key: tours")
		return "", false
	}
	if len(p.stored.Workspaces) > 0 && !slices.ContainsFunc(p.stored.Workspaces, func(w tengi.Workspace) bool { return w.Key == key }) {
		p.fault(spec.at, "workspace", "there is no workspace of this name: give key: %s to rename that one, or a new key to add another", p.stored.Workspaces[0].Key)
		return "", false
	}
	return key, true
}

// workspaceField is one thing that a workspace has, under its name in files.
type workspaceField struct {
	name  string
	value *string
	check func(string) string // what is wrong with a value, as the end of a sentence; empty = nothing
}

// workspaceFields are the fields of a workspace, to be read or written.
func workspaceFields(w *tengi.Workspace) []workspaceField {
	return []workspaceField{
		{"name", &w.Name, checkName},
		{"country", &w.Country, checkCountry},
		{"currency", &w.Currency, checkCurrency},
		{"timezone", &w.TimeZone, checkZone},
		{"language", &w.Language, checkLanguage},
	}
}

// fill puts what is given into a workspace; a fresh one must have everything.
func (p *plan) fill(w *tengi.Workspace, spec *workspaceSpec, fresh bool) {
	given := map[string]*node{"name": spec.name, "country": spec.country, "currency": spec.currency, "timezone": spec.timezone, "language": spec.language}
	for _, f := range workspaceFields(w) {
		switch node := given[f.name]; {
		case node != nil:
			if problem := f.check(node.text); problem != "" {
				p.fault(node.at, "workspace."+f.name, "%s", problem)
			}
			*f.value = node.text
		case fresh:
			p.fault(spec.at, "workspace", "%s is missing", f.name)
		}
	}
}

func checkName(name string) string {
	if strings.TrimSpace(name) != name || name == "" || len([]rune(name)) > maxName || strings.ContainsFunc(name, special) {
		return "is not a name: one line of up to 200 letters, without blanks around it"
	}
	return ""
}

// checkCountry takes the codes of ISO 3166-1 that stand for countries (golang.org/x/text/language).
func checkCountry(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil || !region.IsCountry() || region.String() != code || region.Canonicalize() != region { // UK is an old way to write GB
		return "is not a country: two capital letters of ISO 3166, such as IS"
	}
	return ""
}

func checkCurrency(code string) string {
	if _, ok := money.Exponent(code); !ok {
		return "is not a currency: three capital letters of ISO 4217, such as ISK"
	}
	return ""
}

// checkZone takes the names of the time zone database (https://www.iana.org/time-zones). The zone of the machine is not one of them.
func checkZone(name string) string {
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		return "is not a time zone: write it like Atlantic/Reykjavik"
	}
	return ""
}

func checkLanguage(code string) string {
	if !slices.Contains(languages, code) {
		return "is not a language of Tengi: " + strings.Join(languages, ", ")
	}
	return ""
}

// workspaceTree is a workspace as export writes it.
func workspaceTree(w tengi.Workspace) tree {
	var t tree
	t.add("key", w.Key)
	t.add("name", w.Name)
	t.add("country", w.Country)
	t.add("currency", w.Currency)
	t.add("timezone", w.TimeZone)
	t.add("language", w.Language)
	return t
}
