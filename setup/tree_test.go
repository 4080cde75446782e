package setup

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestScalar(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"bokun":                          "bokun",
		"invoice.create":                 "invoice.create",
		"Fjörður Tours":                  "Fjörður Tours",
		"Bókun → Payday":                 "Bókun → Payday",
		"Atlantic/Reykjavik":             "Atlantic/Reykjavik",
		"15m":                            "15m",
		"":                               "''",
		"yes":                            "'yes'",
		"True":                           "'True'",
		"null":                           "'null'",
		"12":                             "'12'",
		"1e3":                            "'1e3'",
		"2026-07-01":                     "'2026-07-01'",
		" x":                             "' x'",
		"a: b":                           "'a: b'",
		"it's":                           "'it''s'",
		"# no comment":                   "'# no comment'",
		"- item":                         "'- item'",
		"Bókun {{ sale.reference }}":     "'Bókun {{ sale.reference }}'",
		`sale.status == "confirmed"`:     `'sale.status == "confirmed"'`,
		"one\ntwo":                       `"one\ntwo"`,
		"/orders":                        "/orders",
		"tab\there":                      `"tab\there"`,
		"a\u2028b":                       `"a\u2028b"`,
		"https://example.com/?a=1&b=<c>": "'https://example.com/?a=1&b=<c>'",
	} {
		if got := scalar(text); got != want {
			t.Errorf("%q is written %s, want %s", text, got, want)
		}
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	doc := tree{
		{"workspace", tree{{"key", "tours"}, {"name", "Fjörður Tours"}}},
		{"empty", tree{}},
		{"nothing", nil},
		{"list", []any{"a", json.Number("1.5"), true, nil, []any{"b", []any{}}, tree{}, tree{{"key", "x"}, {"when", "a: b"}, {"inner", tree{{"p", "q"}, {"r", []any{tree{{"s", "t"}, {"u", "v"}}}}}}}}},
		{"schedule", tree{{"every", "15m"}}},
		{"long", "one\n\ntwo: x\n"},
		{"texts", []any{"a\nb", "a\n b", "\na\nb", "a\nb\n\n", "a \nb", tree{{"k", "# a\n- b"}}}},
	}
	var b bytes.Buffer
	doc.write(&b, 0)
	want := `workspace:
  key: tours
  name: Fjörður Tours
empty: {}
nothing: null
list:
  - a
  - 1.5
  - true
  - null
  -
    - b
    - []
  - {}
  - key: x
    when: 'a: b'
    inner:
      p: q
      r:
        - s: t
          u: v
schedule: {every: 15m}
long: |
  one

  two: x
texts:
  - |-
    a
    b
  - "a\n b"
  - "\na\nb"
  - "a\nb\n\n"
  - "a \nb"
  - k: |-
      # a
      - b
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	back(t, doc)
}

// back reads what was written and compares.
func back(t *testing.T, doc tree) {
	t.Helper()
	var b bytes.Buffer
	doc.write(&b, 0)
	docs, faults := documents([]File{{Name: "f", Text: b.String()}})
	if len(faults) > 0 || len(docs) != 1 {
		t.Fatalf("%v, %d documents in:\n%s", faults, len(docs), b.String())
	}
	if diff := cmp.Diff(normal(doc), normal(convert(docs[0]))); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, b.String())
	}
}

// normal turns trees into what JSON knows.
func normal(value any) any {
	switch v := value.(type) {
	case tree:
		m := map[string]any{}
		for _, b := range v {
			m[b.key] = normal(b.value)
		}
		return m
	case map[string]any:
		m := map[string]any{}
		for key, x := range v {
			m[key] = normal(x)
		}
		return m
	case []any:
		items := make([]any, len(v))
		for i, x := range v {
			items[i] = normal(x)
		}
		return items
	default:
		return v
	}
}

// FuzzWrite proves that what is exported is read back as it was, whatever the texts are.
func FuzzWrite(f *testing.F) {
	for _, seed := range []string{"x", "yes", "012", "1e5", "a: b", " #", "'\"", "\n", "  two\n lines\n", "---", "... ", "&a", "*a", "!a", "%a", "@", "`", "{{ x }}", "[", "- ", "? ", ": ", "~", "\\", "0x1F", ".inf", "\u0085", "\ufeff"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) || len(a)+len(b) > MaxFile/8 || a == "x" || 4*(deepest(a)+deepest(b)) > maxBrackets {
			return
		}
		if strings.ContainsRune(a+b, 0) {
			return // a text with it cannot be stored
		}
		back(t, tree{{"x", a}, {"list", []any{b, tree{{"k", a}}, tree{{"k", b}, {"l", a}}}}, {"deep", tree{{"one", tree{{"k", b}}}}}})
	})
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	before := tree{{"key", "bookings"}, {"source", tree{{"filter", "sale.total > 0"}}}, {"steps", []any{tree{{"key", "a"}, {"when", "x"}}, tree{{"key", "b"}}}}, {"list", []any{"1", "2"}}}
	after := tree{{"key", "bookings"}, {"source", tree{{"filter", "sale.total > 100"}}}, {"steps", []any{tree{{"key", "b"}, {"when", "y"}}}}, {"list", []any{"1", "2"}}}
	want := []string{"source.filter: sale.total > 0 → sale.total > 100", "steps.b.when: y", "steps.a.key: removed", "steps.a.when: removed"}
	if diff := cmp.Diff(want, differences(before, after)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := differences(before, before); got != nil {
		t.Errorf("the same differs: %q", got)
	}
	order := tree{{"steps", []any{tree{{"key", "a"}}, tree{{"key", "b"}}}}}
	turned := tree{{"steps", []any{tree{{"key", "b"}}, tree{{"key", "a"}}}}}
	if diff := cmp.Diff([]string{"the order of its parts"}, differences(order, turned)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	long := differences(tree{{"a", ""}}, tree{{"a", strings.Repeat("x\n", 100)}})
	if len(long) != 1 || len([]rune(long[0])) > 80 || strings.Contains(long[0], "\n") {
		t.Errorf("a long value is told as %q", long)
	}
}

func TestSlug(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Fjörður Tours":           "fjordur-tours",
		"Þór & Ægir ehf.":         "thor-aegir-ehf",
		"Łódź  Café":              "lodz-cafe",
		"7 Tours":                 "7-tours",
		"Київ":                    "",
		"שלום":                    "",
		"123":                     "",
		"--":                      "",
		strings.Repeat("ab ", 40): "ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-a",
	} {
		if got := slug(name); got != want || got != "" && !keyPattern.MatchString(got) {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

func TestChoice(t *testing.T) {
	t.Parallel()
	all := []string{"on_cancel", "on_change", "steps"}
	for name, want := range map[string]string{
		"onCancel":                `; did you mean "on_cancel"?`,
		"on-cancle":               `; did you mean "on_cancel"?`,
		"step":                    `; did you mean "steps"?`,
		"weather":                 "; there are on_cancel, on_change, steps",
		strings.Repeat("x", 1000): "; there are on_cancel, on_change, steps",
	} {
		if got := choice(name, all); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}
