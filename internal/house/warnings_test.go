package house

import (
	"encoding/json"
	"go/ast"
	"strings"
	"testing"
)

// What a connector's check warns of can be said in every language: each sentence that is added to warnings stands in locale/en.json, as a whole or with
// {names} in the places of what is filled in; that it stands in the others too is asked by the suite of connectors.
func TestWarningsHaveWords(t *testing.T) {
	t.Parallel()
	looked := 0
	for _, s := range sources(t) {
		if !strings.HasPrefix(s.pkg(), "connectors/") || s.test {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 2 || !isAppendToWarnings(call) {
				return true
			}
			looked++
			if said := sentence(call.Args[1]); !warnsOf(t, s.pkg(), said) {
				t.Errorf("%s: %s/locale/en.json has no words for %q", s.fset.Position(call.Pos()), s.pkg(), said)
			}
			return true
		})
	}
	if looked < 10 {
		t.Errorf("only %d warnings were found: this test looks for the wrong calls", looked)
	}
}

// isAppendToWarnings recognises append(who.Warnings, ...) and append(warnings, ...).
func isAppendToWarnings(call *ast.CallExpr) bool {
	if name, ok := call.Fun.(*ast.Ident); !ok || name.Name != "append" {
		return false
	}
	switch to := call.Args[0].(type) {
	case *ast.SelectorExpr:
		return to.Sel.Name == "Warnings"
	case *ast.Ident:
		return to.Name == "warnings"
	}
	return false
}

// filled stands in a sentence for what is filled in.
const filled = "\x00"

// sentence joins the parts of a text.
func sentence(e ast.Expr) string {
	if text, ok := literal(e); ok {
		return text
	}
	if sum, ok := e.(*ast.BinaryExpr); ok {
		return sentence(sum.X) + sentence(sum.Y)
	}
	return filled
}

func warnsOf(t *testing.T, pkg, said string) bool {
	t.Helper()
	var texts map[string]string
	if err := json.Unmarshal(read(t, pkg+"/locale/en.json"), &texts); err != nil {
		t.Fatalf("%s/locale/en.json: %v", pkg, err)
	}
	for key, text := range texts {
		if strings.HasPrefix(key, "warnings.") && nameInText.ReplaceAllString(text, filled) == said {
			return true
		}
	}
	return false
}
