package house

import (
	"encoding/json"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// codes finds the codes with which the code of a package says why something does not go on: what is given where a parameter or a member is called
// code, in Go files that are neither tests nor stand-ins.
type codes struct {
	constants map[string]map[string]string // by package and name
	takes     map[string]map[string]int    // by package and function or struct: at which place its code stands
	found     map[string]map[string]string // by package and code: where
}

// codesOf looks through the packages for which the filter holds.
func codesOf(t *testing.T, of func(pkg string) bool) map[string]map[string]string {
	t.Helper()
	c := codes{map[string]map[string]string{}, map[string]map[string]int{}, map[string]map[string]string{}}
	var looked []source
	for _, s := range sources(t) {
		if base := s.path[strings.LastIndex(s.path, "/")+1:]; s.test || s.generated || strings.HasPrefix(base, "fake") {
			continue
		}
		c.declared(s)
		if of(s.pkg()) {
			looked = append(looked, s)
		}
	}
	for _, s := range looked {
		c.given(s)
	}
	return c.found
}

// declared notes constants, and functions and structs that take a code.
func (c *codes) declared(s source) {
	pkg := s.pkg()
	if c.constants[pkg] == nil {
		c.constants[pkg], c.takes[pkg], c.found[pkg] = map[string]string{}, map[string]int{}, map[string]string{}
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if i < len(n.Values) {
					if text, ok := literal(n.Values[i]); ok {
						c.constants[pkg][name.Name] = text
					}
				}
			}
		case *ast.FuncDecl:
			c.takesCode(pkg, n.Name.Name, n.Type.Params)
		case *ast.AssignStmt: // set := func(kind, code, message)
			if f, ok := n.Rhs[0].(*ast.FuncLit); ok && len(n.Rhs) == 1 {
				if name, ok := n.Lhs[0].(*ast.Ident); ok {
					c.takesCode(pkg, name.Name, f.Type.Params)
				}
			}
		case *ast.TypeSpec:
			if t, ok := n.Type.(*ast.StructType); ok {
				c.takesCode(pkg, n.Name.Name, t.Fields)
			}
		}
		return true
	})
}

// takesCode notes at which place of a list something called code stands.
func (c *codes) takesCode(pkg, name string, list *ast.FieldList) {
	at := 0
	for _, f := range list.List {
		for _, n := range f.Names {
			if n.Name == "code" || n.Name == "Code" {
				c.takes[pkg][name] = at
			}
			at++
		}
	}
}

// given finds the codes that a file gives.
func (c *codes) given(s source) {
	note := func(e ast.Expr) {
		if code, ok := c.value(s.pkg(), e); ok && code != "" {
			c.found[s.pkg()][code] = s.fset.Position(e.Pos()).String()
		}
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if at, ok := c.place(s.pkg(), n.Fun); ok && at < len(n.Args) {
				note(n.Args[at])
			}
		case *ast.CompositeLit:
			for i, e := range n.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok {
					if key, ok := kv.Key.(*ast.Ident); ok && (key.Name == "code" || key.Name == "Code") {
						note(kv.Value)
					}
				} else if at, ok := c.place(s.pkg(), n.Type); ok && at == i {
					note(e)
				}
			}
		case *ast.AssignStmt:
			for i, to := range n.Lhs {
				if sel, ok := to.(*ast.SelectorExpr); ok && len(n.Lhs) == len(n.Rhs) && (sel.Sel.Name == "Code" || sel.Sel.Name == "code") {
					note(n.Rhs[i])
				}
			}
		}
		return true
	})
}

// place says where the code stands in what is called or made.
func (c *codes) place(pkg string, e ast.Expr) (int, bool) {
	switch e := e.(type) {
	case *ast.Ident:
		at, ok := c.takes[pkg][e.Name]
		return at, ok
	case *ast.SelectorExpr:
		if of, ok := e.X.(*ast.Ident); ok && of.Name == "connector" {
			at, ok := c.takes["connector"][e.Sel.Name]
			return at, ok
		}
		at, ok := c.takes[pkg][e.Sel.Name] // a method
		return at, ok
	}
	return 0, false
}

// value is the text of a literal, of a constant of the package, or of one of package connector.
func (c *codes) value(pkg string, e ast.Expr) (string, bool) {
	if text, ok := literal(e); ok {
		return text, true
	}
	switch e := e.(type) {
	case *ast.Ident:
		text, ok := c.constants[pkg][e.Name]
		return text, ok
	case *ast.SelectorExpr:
		if of, ok := e.X.(*ast.Ident); ok {
			text, ok := c.constants[of.Name][e.Sel.Name]
			return text, ok
		}
	}
	return "", false
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}

// elsewhere are codes that do not come to a delivery: those of a form's own page, and what Stripe calls its notices.
var elsewhere = map[string][]string{
	"connectors/form":   {"fraction", "required", "too_large", "too_small"},
	"connectors/stripe": {"invoice.payment_failed", "payment.failed"},
}

// handedOn are codes of a service that its connector hands on as they come, so that they stand in no source of ours.
var handedOn = map[string][]string{
	"connectors/stripe": {"amount_too_small", "email_invalid", "resource_missing", "tax_id_invalid"},
}

// Whatever stops a delivery is explained: by package locale, where it can come of any service or several mean the same by it, else in the connector's
// folder. The suite of connectors sees to it that what is explained in English is in every other language.
func TestEveryCauseHasWords(t *testing.T) {
	t.Parallel()
	found := codesOf(t, func(pkg string) bool {
		return pkg == "engine" || pkg == "connector" || strings.HasPrefix(pkg, "connectors/")
	})
	causes := stringLists(t, "locale/causes.go")[""]
	given := map[string]int{} // by how many; what the contract and the store declare is for all
	for _, code := range declaredCodes(t) {
		given[code] = 2
		if !slices.Contains(causes, code) {
			t.Errorf("package locale has no words for the code %q", code)
		}
	}
	for pkg, codes := range found {
		own := explainedBy(t, pkg)
		for code, where := range codes {
			given[code]++
			if pkg == "engine" || pkg == "connector" {
				given[code] = 2
			}
			if !slices.Contains(causes, code) && !slices.Contains(own, code) && !slices.Contains(elsewhere[pkg], code) {
				t.Errorf("%s: nobody has words for the code %q: package locale, or %s/locale/en.json and the other languages", where, code, pkg)
			}
		}
		for _, code := range own {
			if codes[code] == "" && !slices.Contains(handedOn[pkg], code) {
				t.Errorf("%s/locale/en.json explains %q, which nothing says", pkg, code)
			}
		}
	}
	for _, code := range causes {
		switch given[code] {
		case 0:
			t.Errorf("package locale has words for %q, which nothing says", code)
		case 1:
			t.Errorf("package locale has words for %q, which only one connector says: they belong into its folder", code)
		}
	}
}

// declaredCodes are the codes that package connector declares for every connector, and those that statements of package store write.
func declaredCodes(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, s := range sources(t) {
		if s.pkg() != "connector" && s.pkg() != "store" || s.test {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 && (strings.HasPrefix(spec.Names[0].Name, "Code") || strings.HasSuffix(spec.Names[0].Name, "Code")) {
				if text, ok := literal(spec.Values[0]); ok {
					all = append(all, text)
				}
			}
			return true
		})
	}
	return all
}

// explainedBy are the codes that a connector explains itself.
func explainedBy(t *testing.T, pkg string) []string {
	t.Helper()
	var all []string
	name := pkg + "/locale/en.json"
	if !slices.Contains(files(t), name) {
		return nil
	}
	var texts map[string]string
	if err := json.Unmarshal(read(t, name), &texts); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for key := range texts {
		if code, ok := strings.CutPrefix(key, "errors."); ok && !strings.Contains(code, ".") {
			all = append(all, code)
		}
	}
	return all
}
