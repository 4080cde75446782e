package house

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// arrow says what of ours a package may import. Arrows point down only; whoever adds one says why.
type arrow struct {
	from  string   // a package by its folder; "connectors/*" is every folder there
	to    []string // what its code may import, beside the standard library and other modules
	tests []string // what its tests may import besides; help under internal/ is free for all tests
	why   string
}

// all stands for every package that is not a command.
const all = "*"

// arrows is the order of the house, from the ground up.
var arrows = []arrow{
	{from: "money", why: "amounts are the ground: exact arithmetic knows nothing of sales or services"},
	{from: "field", to: []string{"money"},
		why: "a field may be an amount; what the fields are for is not its business"},
	{from: "sale", to: []string{"field", "money"},
		why: "the common shape must mean the same to every connector, so it knows none"},
	{from: "schedule", why: "when something is due is a function of time and zone alone"},
	{from: "", to: []string{"field", "money", "sale", "schedule"},
		why: "the vocabulary is imported by all, so it may import nearly nothing"},
	{from: "secret", why: "what holds the key has no reason to know what it seals"},
	{from: "config", why: "options are plain values; who reads them is wired in cmd"},
	{from: "mapping", to: []string{"", "field", "money", "sale"},
		why: "filling fields is a pure function: no store, no network"},
	{from: "locale", to: []string{"", "connector", "field", "money", "sale"}, tests: []string{"connectors", "mapping"},
		why: "words for what the rest of the house thinks; it knows the contract of connectors, whose texts it translates, and nobody who shows them"},
	{from: "connector", to: []string{"", "field", "money", "sale"}, tests: []string{"connector/connectortest", "connector/fake"},
		why: "the contract must not know who runs it, or connectors would come to depend on the engine"},
	{from: "guide", to: []string{"connector"}, tests: []string{"connectors"},
		why: "it turns what an author of a connector wrote into parts of a page; whose page it is, and who may see an address in it, is not its business"},
	{from: "connector/fake", to: []string{"", "connector", "field", "money", "sale"},
		why: "stand-ins know the contract and nothing of the hub they witness for"},
	{from: "connector/connectortest", to: []string{"", "connector", "connector/fake", "field", "mapping", "money", "sale", "internal/testutil"},
		why: "the suite runs a connector without a hub; mapping is there to prove the defaults of its fields"},
	{from: "connectors", to: []string{"connector", "connector/fake", "connectors/*"},
		why: "the list is the one place that names every service"},
	{from: "connectors/internal/rows", to: []string{"", "field", "money", "sale"}, tests: []string{"connector", "mapping"},
		why: "what sheets and files have in common is one package below them; it knows rows and no service"},
	{from: "connectors/*", to: []string{"", "connector", "connector/fake", "connectors/internal/rows", "field", "money", "sale"}, tests: []string{"connector/connectortest", "mapping"},
		why: "a service is one folder: it can be read, changed and removed alone, and none reaches into another"},
	{from: "store", to: []string{"", "field", "money", "sale", "schedule", "secret"}, tests: []string{"store/storetest"},
		why: "what is kept does not depend on who keeps it; it seals account secrets on their way to disk"},
	{from: "store/migrations", why: "the schema is text"},
	{from: "store/storetest", to: []string{"", "field", "money", "sale", "schedule", "secret", "store", "internal/pgtest", "internal/testutil"},
		why: "the suite proves a store of either database"},
	{from: "engine", to: []string{"", "connector", "field", "mapping", "money", "sale", "schedule", "secret", "store"},
		tests: []string{"connector/connectortest", "connector/fake", "connectors", "connectors/*", "store/storetest"},
		why:   "it brings events to documents by the contract; a connector's name in it would be a special case"},
	{from: "hooks", to: []string{"", "connector", "engine", "field", "mapping", "money", "sale", "secret", "store"},
		tests: []string{"connector/fake", "connectors", "connectors/*"},
		why:   "it takes webhooks in for any connector; it decides nothing about what they lead to"},
	{from: "setup", to: []string{"", "connector", "engine", "field", "mapping", "money", "sale", "schedule", "secret", "store"},
		tests: []string{"connector/connectortest", "connector/fake", "connectors", "connectors/*", "store/storetest"},
		why:   "files become accounts and connections here, whoever hands them in; it takes the list of connectors as an argument"},
	{from: "control", to: []string{"", "connector", "engine", "schedule", "secret", "setup", "store"},
		tests: []string{"connector/fake", "connectors", "connectors/*", "hub", "sandbox"},
		why:   "what a person may do to an installation, over its socket or directly; the words of the command line are cmd's"},
	{from: "sandbox", to: []string{"", "connector", "connector/fake", "connectors/*", "field", "money", "sale"},
		tests: []string{"connectors"},
		why:   "it serves stand-ins and directs Bókun's; a hub it does not know"},
	{from: "hub", to: []string{"", "connector", "engine", "field", "hooks", "money", "sale", "secret", "store"},
		tests: []string{"connector/connectortest", "connector/fake", "connectors", "connectors/*", "store/storetest"},
		why:   "one whole Tengi, put together; which connectors there are and what the command line said comes from cmd"},
	{from: "web", to: []string{"", "connector", "control", "engine", "field", "guide", "locale", "mapping", "money", "recipes", "sale", "schedule", "setup", "store", "web/assets", "web/view", "wizard"},
		tests: []string{"connector/fake", "connectors", "connectors/*", "demo", "hub", "sandbox", "secret"},
		why:   "handlers ask whoever knows and hand the answer to a view; which connectors there are comes with the desk"},
	{from: "web/view", to: []string{"locale", "money", "web/assets"}, tests: []string{"web/gallery"},
		why: "components draw what they are given: a page that knew the store would decide things"},
	{from: "web/assets", why: "files"},
	{from: "web/gallery", to: []string{"locale", "money", "web/assets", "web/view"},
		why: "made-up data for every view, for looking at and for goldens"},
	{from: "recipes", tests: []string{"connector", "connectors", "secret", "setup", "store"},
		why: "a recipe is text and words; whoever offers or applies it brings the rest"},
	{from: "wizard", to: []string{"", "connector", "engine", "field", "mapping", "money", "recipes", "sale", "schedule", "secret", "setup", "store"},
		tests: []string{"connector/fake", "connectors", "connectors/*", "hub", "sandbox"},
		why:   "what stands behind the pages that make a connection; a page it does not know, and what it checks files are checked with as well"},
	{from: "demo", to: []string{"", "connector/fake", "connectors", "connectors/*", "control", "hub", "recipes", "sale", "sandbox", "setup", "store"},
		why: "it plays a whole hub beside stand-ins that it directs by name; only the command that tells its stories needs it"},
	{from: "cmd/*", to: []string{all}, tests: []string{all}, why: "the commands wire everything, and nobody imports them"},
	{from: "tools/*", to: []string{all}, tests: []string{all}, why: "programs for working on the repository, and nobody imports them"},
	{from: "internal/*", to: []string{all}, tests: []string{all}, why: "help for tests may look at everything but is not part of the product"},
}

// rule finds the arrow of a package: its own, else that of the folder above.
func rule(pkg string) (arrow, bool) {
	for _, from := range []string{pkg, wild(pkg)} {
		if i := slices.IndexFunc(arrows, func(a arrow) bool { return a.from == from }); i >= 0 {
			return arrows[i], true
		}
	}
	return arrow{}, false
}

// wild turns connectors/payday/x into connectors/*.
func wild(pkg string) string {
	if top, _, below := strings.Cut(pkg, "/"); below {
		return top + "/*"
	}
	return pkg
}

// allowed says whether the file's package may import another of ours.
func allowed(a arrow, from, to string, test bool) bool {
	if from == to { // a test package beside the code
		return true
	}
	if w := wild(to); w == "cmd/*" || w == "tools/*" {
		return false
	}
	list := a.to
	if test {
		list = slices.Concat(a.to, a.tests)
		if wild(to) == "internal/*" {
			return true
		}
	}
	if slices.Contains(list, to) || slices.Contains(list, wild(to)) && (from == "" || path.Dir(to) != path.Dir(from)) {
		return true
	}
	return slices.Contains(list, all) && (test || wild(to) != "internal/*" || wild(from) == "internal/*")
}

func TestArrows(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		a, ok := rule(s.pkg())
		if !ok {
			t.Errorf("%s: package %s has no row in the table of arrows: add one and say why", s.path, s.pkg())
			continue
		}
		for _, imported := range s.imports() {
			if imported != module && !strings.HasPrefix(imported, module+"/") {
				continue
			}
			to := strings.TrimPrefix(strings.TrimPrefix(imported, module), "/")
			if !allowed(a, s.pkg(), to, s.test) {
				t.Errorf("%s imports %s, but of package %q it is said: %s", s.path, imported, a.from, a.why)
			}
		}
	}
}

// The table is tried against edges that must and must not pass, because a mistake in it would let everything through.
func TestAllowed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		test     bool
		want     bool
	}{
		{"money", "sale", false, false},
		{"money", "internal/testutil", true, true},
		{"money", "internal/testutil", false, false},
		{"sale", "", false, false},
		{"", "sale", false, true},
		{"", "connector", false, false},
		{"connector", "", false, true},
		{"connector", "engine", false, false},
		{"connector", "store", true, false},
		{"connectors/payday", "connector", false, true},
		{"connectors/payday", "connector/fake", false, true},
		{"connectors/payday", "connector/connectortest", true, true},
		{"connectors/payday", "connector/connectortest", false, false},
		{"connectors/payday", "connectors/bokun", false, false},
		{"connectors/payday", "connectors/bokun", true, false},
		{"connectors/payday", "connectors", true, false},
		{"connectors/payday", "store", true, false},
		{"connectors", "connectors/payday", false, true},
		{"connectors", "engine", false, false},
		{"mapping", "connector", false, false},
		{"store", "engine", false, false},
		{"store", "internal/pgtest", true, true},
		{"engine", "store", false, true},
		{"engine", "connectors/payday", false, false},
		{"engine", "connectors/payday", true, true},
		{"engine", "hooks", true, false},
		{"engine", "cmd/tengi", true, false},
		{"hub", "engine", false, true},
		{"hub", "connectors", false, false},
		{"hub", "config", false, false},
		{"cmd/tengi", "hooks", false, true},
		{"cmd/tengi", "internal/pgtest", false, false},
		{"cmd/tengi", "internal/pgtest", true, true},
		{"internal/pgtest", "store", false, true},
		{"internal/pgtest", "internal/testutil", false, true},
		{"internal/pgtest", "cmd/tengi", true, false},
		{"tools/fuzz", "cmd/tengi", false, false},
	} {
		a, ok := rule(c.from)
		if !ok {
			t.Errorf("no row for %s", c.from)
		} else if got := allowed(a, c.from, c.to, c.test); got != c.want {
			t.Errorf("%q imports %q (in a test: %v): %v, want %v", c.from, c.to, c.test, got, c.want)
		}
	}
	for i, a := range arrows {
		if a.why == "" {
			t.Errorf("the row of %q gives no reason", a.from)
		}
		if slices.ContainsFunc(arrows[:i], func(b arrow) bool { return b.from == a.from }) {
			t.Errorf("%q has two rows", a.from)
		}
	}
	if _, ok := rule("helpers"); ok {
		t.Error("a package without a row found one")
	}
}

// The package testing registers flags and belongs into tests and what serves them.
func TestTestingStaysOut(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		serves := strings.HasSuffix(s.pkg(), "test") || wild(s.pkg()) == "internal/*"
		if !s.test && !serves && slices.Contains(s.imports(), "testing") {
			t.Errorf("%s imports testing: it would be part of the program", s.path)
		}
	}
}
