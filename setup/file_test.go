package setup

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// outline writes a node so that a test can compare it: kinds, values and places.
func outline(n *node) string {
	at := fmt.Sprintf("@%d:%d", n.at.Line, n.at.Column)
	switch n.kind {
	case null:
		return "null" + at
	case boolean:
		return fmt.Sprint(n.truth) + at
	case number:
		return "#" + n.text + at
	case text:
		return fmt.Sprintf("%q%s", n.text, at)
	case list:
		var items []string
		for _, i := range n.items {
			items = append(items, outline(i))
		}
		return "[" + strings.Join(items, " ") + "]" + at
	default:
		var entries []string
		for _, e := range n.entries {
			entries = append(entries, fmt.Sprintf("%s@%d:%d=%s", e.key, e.at.Line, e.at.Column, outline(e.value)))
		}
		return "{" + strings.Join(entries, " ") + "}" + at
	}
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"plain values", "a: 1\nb: text\nc: true\nd: ~\ne:\nf: 0123\ng: 1.50\nh: yes\ni: 2026-07-01\n",
			[]string{`{a@1:1=#1@1:4 b@2:1="text"@2:4 c@3:1=true@3:4 d@4:1=null@4:4 e@5:1=null@5:3 f@6:1=#0123@6:4 g@7:1=#1.50@7:4 h@8:1="yes"@8:4 i@9:1="2026-07-01"@9:4}@1:1`}},
		{"quotes", "a: 'it''s'\nb: \"q\\n\\u00e9\"\n", []string{`{a@1:1="it's"@1:4 b@2:1="q\né"@2:4}@1:1`}},
		{"long texts", "a: |\n  one\n  two\nb: >-\n  one\n  two\n", []string{`{a@1:1="one\ntwo\n"@1:4 b@4:1="one two"@4:4}@1:1`}},
		{"flow", "a: {b: [1, x], c: {}}\n", []string{`{a@1:1={b@1:5=[#1@1:9 "x"@1:12]@1:8 c@1:16={}@1:19}@1:4}@1:1`}},
		{"lists", "a:\n  - b: 1\n    c: 2\n  - x\n", []string{`{a@1:1=[{b@2:5=#1@2:8 c@3:5=#2@3:8}@2:5 "x"@4:5]@2:3}@1:1`}},
		{"several documents, empty ones between", "---\na: 1\n---\n---\n# nothing\n...\n---\nb: 2\n", []string{`{a@2:1=#1@2:4}@2:1`, `{b@8:1=#2@8:4}@8:1`}},
		{"behind the marker", "--- {a: 1}\n---   # comment\nb: 2", []string{`{a@1:6=#1@1:9}@1:5`, `{b@3:1=#2@3:4}@3:1`}},
		{"a marker ends a quoted text only at the line's beginning", "a: |\n  ---\n  x\n", []string{`{a@1:1="---\nx\n"@1:4}@1:1`}},
		{"windows", "a: 1\r\n---\r\nb: 2\r\n", []string{`{a@1:1=#1@1:4}@1:1`, `{b@3:1=#2@3:4}@3:1`}},
		{"not a marker", "----: 1\n", []string{`{----@1:1=#1@1:7}@1:1`}},
	} {
		docs, faults := documents([]File{{Name: "f.yaml", Text: c.text}})
		if len(faults) > 0 {
			t.Errorf("%s: %v", c.name, faults)
		}
		var got []string
		for _, d := range docs {
			got = append(got, outline(d))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestDocumentsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "f.yaml: holds nothing"},
		{"comments only", "# nothing\n", "f.yaml: holds nothing"},
		{"key twice", "a: 1\nb: 2\na: 3\n", `f.yaml:3:1: "a" stands twice; first in line 1`},
		{"key twice in the second document", "x: 1\n---\na: 1\na: 3\n", `f.yaml:4:1: "a" stands twice; first in line 3`},
		{"anchor", "a: &x 1\n", "f.yaml:1:4: anchors"},
		{"alias", "a: &x 1\nb: *x\n", "\nf.yaml:2:4: anchors"},
		{"merge", "a: &x {b: 1}\n<<: *x\n", "\nf.yaml:2:1: give a plain name"},
		{"tag", "a: !!str 1\n", "f.yaml:1:4: tags"},
		{"complex key", "? a\n: 1\n", "f.yaml:1:1: give a plain name"},
		{"directive", "%YAML 1.2\n---\na: 1\n", "f.yaml:1:1: this is not YAML: unexpected directive"},
		{"syntax", "a: 1\nb: [1\n", "f.yaml:2:4: this is not YAML: sequence end token ']' not found"},
		{"syntax in the second document", "a: 1\n---\n\nb: c: d\n", "f.yaml:4:4: this is not YAML: mapping value is not allowed in this context"},
		{"tab", "\ta: 1\n", "this is not YAML"},
		{"a text", "hello\n", "f.yaml:1:1: a document holds workspace:, accounts: and connections:, this is a text"},
		{"a list", "- a\n", "this is a list"},
		{"not UTF-8", "a: \xff\n", "f.yaml: is not a text in UTF-8"},
		{"too long", strings.Repeat("#", MaxFile+1), "f.yaml: is longer than 1048576 bytes"},
		{"too deep in brackets", "a: " + strings.Repeat("[", 1000) + strings.Repeat("]", 1000), "f.yaml:1:36: values nest deeper than 32"},
		{"too deep for the stack", "a: " + strings.Repeat("{a: [", 200_000), "f.yaml:1:1: values nest deeper than 32"},
		{"too deep in lines", deepLines(40), "values nest deeper than 32"},
	} {
		_, faults := documents([]File{{Name: "f.yaml", Text: c.text}})
		if len(faults) == 0 || !strings.Contains(faults.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.name, faults, c.want)
		}
	}
}

// deepLines nests by indentation.
func deepLines(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// What the parser says of a broken file must not quote the file, which may hold a secret by mistake.
func TestSyntaxQuotesNothing(t *testing.T) {
	t.Parallel()
	const secret = "hunter2hunter2"
	for _, text := range []string{
		"accounts: [{key: a, secret_key: " + secret + "\n", "secret_key: " + secret + ": x\n", "secret_key: '" + secret + "\n", "secret_key: \"" + secret + "\\q\"\n",
		"a: @" + secret, "a: `" + secret, secret + "\n" + secret + ": 1\n", "? " + secret + "\n? " + secret + "\n", "a: &" + secret + "\nb: *" + secret + "x\n", "%TAG " + secret + "\n---\na: 1\n",
		"a: !" + secret + " x\n", "- " + secret + "\nb: 1\n", "a: 1\n" + secret + "\n", "%YAML " + secret + "\n---\n",
	} {
		if _, faults := documents([]File{{Name: "f.yaml", Text: text}}); strings.Contains(faults.Error(), secret) {
			t.Errorf("%q: the fault repeats it: %v", text, faults)
		}
	}
}

func TestLocate(t *testing.T) {
	t.Parallel()
	docs, faults := documents([]File{{Name: "f", Text: "source:\n  filter: x\nsteps:\n  - {key: invoice, fields: {lines: [{a: 1}, {b: 2}]}}\n  - key: pay\n    when: y\n"}})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for path, want := range map[string]string{
		"":                                "f:1:1",
		"source.filter":                   "f:2:11",
		"source.nothing":                  "f:2:3",
		"steps.pay.when":                  "f:6:11",
		"steps.invoice.fields.lines[1].b": "f:4:49",
		"steps.invoice.fields.lines[7]":   "f:4:36",
		"steps[1].when":                   "f:6:11",
		"nowhere.at.all":                  "f:1:1",
	} {
		if got := docs[0].locate(path).String(); got != want {
			t.Errorf("%q is at %s, want %s", path, got, want)
		}
	}
}

// FuzzDocuments feeds anything to the reader of files: it may refuse, it may not panic or hang, and what it takes has places inside of the file.
func FuzzDocuments(f *testing.F) {
	for _, seed := range []string{
		"workspace: {name: Fjörður Tours}\naccounts:\n  - {key: a, connector: bokun, secret_key: {env: X}}\n---\nconnections: []\n",
		"a: |\n  x\n---\n...\n--- 'q'\n", "a: [1, {b: c}]\n? x\n: y\n", "&a *b !c\n", "a: \"\\u00e9\\x41\"\n", "- - - a\n", "{a: [", "a:\n\t- b\n", "%YAML 1.2\n---\n", "<<: {a: 1}\n", "'a\n---\n'b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		docs, _ := documents([]File{{Name: "f", Text: source}})
		lines := strings.Count(lineBreaks.Replace(source), "\n") + 1
		for _, d := range docs {
			inside(t, d, lines)
		}
		Gather([]File{{Name: "f", Text: source}}, Look{Env: func(string) (string, bool) { return "v", true }, File: func(string) ([]byte, error) { return []byte("v"), nil }})
		read([]File{{Name: "f", Text: source}})
	})
}

func inside(t *testing.T, n *node, lines int) {
	t.Helper()
	if n.at.Line < 1 || n.at.Line > lines+1 || n.at.Column < 1 {
		t.Errorf("a value is at %s of %d lines", n.at, lines)
	}
	for _, i := range n.items {
		inside(t, i, lines)
	}
	for _, e := range n.entries {
		inside(t, e.value, lines)
	}
}
