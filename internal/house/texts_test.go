package house

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// englishTexts are the texts of package locale by key: a string, or a map of plural forms.
func englishTexts(t *testing.T) map[string]any {
	t.Helper()
	all := map[string]any{}
	for _, name := range files(t) {
		if path.Dir(name) != "locale/texts/en" {
			continue
		}
		if err := json.Unmarshal(read(t, name), &all); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if len(all) == 0 {
		t.Fatal("no texts were found: these tests would pass without looking at anything")
	}
	return all
}

// nameInText is the name of a value in a text.
var nameInText = regexp.MustCompile(`\{([a-z0-9_]+)\}`)

// valueNames are the different names in a text, sorted; of one with plural forms those of other.
func valueNames(text any) []string {
	said, _ := text.(string)
	if forms, ok := text.(map[string]any); ok {
		said, _ = forms["other"].(string)
	}
	var all []string
	for _, m := range nameInText.FindAllStringSubmatch(said, -1) {
		all = append(all, m[1])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// saying are the methods of a printer that take a key, and how many arguments stand before the names and values.
var saying = map[string]int{"Text": 1, "Count": 2, "CountDecimal": 2}

// checkCall says what is wrong with a call that takes a key; ok says that it is one. Values of fields are got by Text as well: their keys have no point.
func checkCall(call *ast.CallExpr, english map[string]any) (fault string, ok bool) {
	sel, isMethod := call.Fun.(*ast.SelectorExpr)
	if !isMethod || len(call.Args) == 0 {
		return "", false
	}
	before, says := saying[sel.Sel.Name]
	key, isLiteral := literal(call.Args[0])
	if !says || !isLiteral || !strings.Contains(key, ".") {
		return "", false
	}
	text, exists := english[key]
	if !exists {
		return fmt.Sprintf("there is no text %q", key), true
	}
	if _, plural := text.(map[string]any); plural != (before == 2) {
		return fmt.Sprintf("%q: a text with plural forms is counted, and no other is", key), true
	}
	var given []string
	if before == 2 {
		given = append(given, "n")
	}
	for i := before; i < len(call.Args); i += 2 {
		name, ok := literal(call.Args[i])
		if !ok {
			return fmt.Sprintf("%q: the names of values must be literals", key), true
		}
		given = append(given, name)
	}
	slices.Sort(given)
	if want := valueNames(text); !slices.Equal(given, want) && !(before == 2 && slices.Equal(given, append(want, "n"))) {
		return fmt.Sprintf("%q: given are %q, the text has %q", key, given, want), true
	}
	return "", true
}

// Every key that is asked for exists, with the values it needs.
func TestTextsThatAreAskedFor(t *testing.T) {
	t.Parallel()
	english := englishTexts(t)
	asked := 0
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				fault, asks := checkCall(call, english)
				if asks {
					asked++
				}
				if fault != "" {
					t.Errorf("%s: %s", s.fset.Position(call.Pos()), fault)
				}
			}
			return true
		})
	}
	if asked == 0 {
		t.Error("nobody asks for a text: this test looks for the wrong calls")
	}
}

// compared are the areas that package locale itself compares with what they are the words of: functions, headings of guides, fields of a sale.
var compared = []string{"function", "guide", "sale"}

// Every text is asked for: by its key somewhere, as a member of a family, or as the words for a cause.
func TestNoTextIsLeftOver(t *testing.T) {
	t.Parallel()
	used := map[string]bool{"cause.other.title": true, "cause.other.todo": true}
	for family, members := range stringLists(t, "locale/families.go") {
		for _, member := range members {
			used[family+"."+member] = true
		}
	}
	for _, code := range stringLists(t, "locale/causes.go")[""] {
		for _, part := range []string{"title", "what", "todo"} {
			used["cause."+code+"."+part] = true
		}
	}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				text, _ := literal(l)
				used[text] = true
			}
			return true
		})
	}
	for key := range englishTexts(t) {
		area, _, _ := strings.Cut(key, ".")
		if !used[key] && !slices.Contains(compared, area) {
			t.Errorf("nobody asks for the text %q", key)
		}
	}
}

// stringLists reads the lists of strings that a file declares as a map, by the map's keys, or as a single list, under "".
func stringLists(t *testing.T, name string) map[string][]string {
	t.Helper()
	lists := map[string][]string{}
	for _, s := range sources(t) {
		if s.path != name {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			for _, e := range lit.Elts {
				kv, keyed := e.(*ast.KeyValueExpr)
				if !keyed {
					text, _ := literal(e)
					lists[""] = append(lists[""], text)
					continue
				}
				key, _ := literal(kv.Key)
				for _, member := range kv.Value.(*ast.CompositeLit).Elts {
					text, _ := literal(member)
					lists[key] = append(lists[key], text)
				}
			}
			return false
		})
	}
	if len(lists) == 0 {
		t.Fatalf("%s declares no list", name)
	}
	return lists
}

// families says of which constants the members of a family are the values: package and type. Members of the others are what pages are made of.
var families = map[string][2]string{
	"common.document":   {"", "DocumentKind"},
	"events.call":       {"", "CallState"},
	"events.op":         {"store", "Op"},
	"events.sale":       {"sale", "Status"},
	"events.standing":   {"store", "Standing"},
	"events.step_state": {"store", "StepState"},
	"state":             {"store", "State"},
	"state.account":     {"", "AccountState"},
}

// A value that is added to the code has words for it at once.
func TestFamiliesAreTheConstants(t *testing.T) {
	t.Parallel()
	lists := stringLists(t, "locale/families.go")
	for family, of := range families {
		got, want := slices.Sorted(slices.Values(lists[family])), typedConstants(t, of[0], of[1])
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the family %s is not the constants of type %s.%s (-want +got):\n%s", family, of[0], of[1], diff)
		}
	}
}

// typedConstants are the values of the constants of a type, sorted.
func typedConstants(t *testing.T, pkg, typ string) []string {
	t.Helper()
	var all []string
	for _, s := range sources(t) {
		if s.pkg() != pkg || s.test {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if of, ok := spec.Type.(*ast.Ident); ok && of.Name == typ {
				for _, e := range spec.Values {
					if text, ok := literal(e); ok {
						all = append(all, text)
					}
				}
			}
			return true
		})
	}
	if len(all) == 0 {
		t.Errorf("package %q has no constants of type %s", pkg, typ)
	}
	slices.Sort(all)
	return all
}
