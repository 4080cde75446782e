package locale

import (
	"testing"

	"github.com/tengi/tengi/mapping"
)

// Every function, operator and group of expressions is explained, and none that is gone.
func TestFunctions(t *testing.T) {
	t.Parallel()
	texts := area(t, "texts/en/function.json")
	for _, l := range Languages() {
		p := New(l.Code, nil)
		groups := map[string]bool{}
		for _, f := range mapping.Functions() {
			groups[f.Group] = true
			help, group := p.FunctionHelp(f.Name, ""), p.FunctionGroup(f.Group)
			switch {
			case help == "":
				t.Errorf("%s: %s is not explained", l.Code, f.Name)
			case l.Code == English && (help != f.Help || group != f.Group):
				t.Errorf("in English %s is %q of %q, want %q of %q", f.Name, help, group, f.Help, f.Group)
			case l.Code != English && group == f.Group:
				t.Errorf("%s: the group %s has no name", l.Code, f.Group)
			}
		}
		if want := len(mapping.Functions()) + len(groups); len(texts) != want {
			t.Errorf("there are %d texts of functions, want %d", len(texts), want)
		}
	}
	if got := New("is", nil).FunctionHelp("nothing_such", "Nothing."); got != "Nothing." {
		t.Errorf("a function nobody knows is explained by %q", got)
	}
}

func TestExpressionFault(t *testing.T) {
	t.Parallel()
	en, he := New("en", nil), New("he", nil)
	for _, c := range []struct{ got, want string }{
		{en.ExpressionFault(mapping.CodeName, 12), "At character 12: There is no such name or function."},
		{en.ExpressionFault(mapping.CodeSyntax, 0), "This cannot be read as an expression."},
		{en.ExpressionFault("pattern", 0), "Does not have the right form."},
		{he.ExpressionFault(mapping.CodeName, 12), "בתו 12: אין שם או פונקציה כאלה."},
	} {
		if c.got != c.want {
			t.Errorf("%+q, want %+q", c.got, c.want)
		}
	}
	for _, code := range []string{mapping.CodeSyntax, mapping.CodeName, mapping.CodeType, mapping.CodeLimit, mapping.CodeValue, mapping.CodeRequired} {
		if en.ExpressionFault(code, 0) == en.Text("fault.pattern") {
			t.Errorf("%s has no words", code)
		}
	}
}
