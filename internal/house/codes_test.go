package house

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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

// Whatever stops a delivery is explained in every language: by package locale, where it can come of any service, else in the connector's folder.
func TestEveryCauseHasWords(t *testing.T) {
	t.Parallel()
	found := codesOf(t, func(pkg string) bool {
		return pkg == "engine" || pkg == "connector" || strings.HasPrefix(pkg, "connectors/")
	})
	causes := stringLists(t, "locale/causes.go")[""]
	general := map[string]string{}
	maps.Copy(general, found["engine"])
	maps.Copy(general, found["connector"])
	if diff := cmp.Diff(slices.Sorted(maps.Keys(general)), slices.Sorted(slices.Values(causes))); diff != "" {
		t.Errorf("the causes of package locale are not the codes of engine and connector (-code +words):\n%s", diff)
	}
}
