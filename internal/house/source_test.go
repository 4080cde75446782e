package house

import (
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// longest is how many lines a file may have: one story, read in one go.
const longest = 400

// Every package says what it is for, in the words go doc expects.
func TestPackageComments(t *testing.T) {
	t.Parallel()
	said, where := map[string]bool{}, map[string]string{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		where[s.pkg()] = s.path
		if s.file.Doc == nil || strings.HasSuffix(s.path, "_templ.go") { // templ writes its version there
			continue
		}
		text, name := s.file.Doc.Text(), s.file.Name.Name
		want := "Package " + name + " "
		if name == "main" {
			want = "Command " + path.Base(s.pkg()) + " "
		}
		if !strings.HasPrefix(text, want) {
			t.Errorf("%s: the comment before the package clause begins %.30q, want %q", s.path, text, want)
		}
		said[s.pkg()] = true
	}
	for pkg, file := range where {
		if !said[pkg] {
			t.Errorf("package %q (%s) has no package comment", pkg, file)
		}
	}
}

func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	for _, name := range files(t) {
		if !slices.Contains([]string{".go", ".sh", ".sql", ".css", ".js", ".templ"}, path.Ext(name)) && path.Base(name) != "Makefile" {
			continue
		}
		text := read(t, name)
		all, binary := lines(text)
		if !binary && len(all) > longest && !generatedLine.Match(text) {
			t.Errorf("%s has %d lines, %d are allowed: split it where a new story begins", name, len(all), longest)
		}
	}
}

// A test that is skipped says nothing. One place may skip, where a program is missing on the machine, and it takes care that this is seen.
func TestNothingIsSkipped(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.pkg() == "internal/lacking" {
			continue
		}
		for _, where := range calls(s, onTest, "Skip", "Skipf", "SkipNow") {
			t.Errorf("%s skips a test: let it fail, or make it run", where)
		}
	}
}

// Waiting by the clock makes tests slow or wrong; wait for a signal instead.
func TestNothingSleeps(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if !s.test {
			continue
		}
		for _, where := range calls(s, anything, "Sleep") {
			t.Errorf("%s sleeps: wait for a signal, or use testing/synctest", where)
		}
	}
}

// onTest says whether a method is called on what is by custom a test, a benchmark or a fuzz test: an engine may skip a delivery.
func onTest(receiver ast.Expr) bool {
	name, ok := receiver.(*ast.Ident)
	return ok && slices.Contains([]string{"t", "b", "f", "tb", "m"}, name.Name)
}

func anything(ast.Expr) bool { return true }

// calls finds the calls of methods or package functions by their names, on what it is asked about.
func calls(s source, on func(ast.Expr) bool, names ...string) (where []string) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok && slices.Contains(names, sel.Sel.Name) && on(sel.X) {
				p := s.fset.Position(call.Pos())
				where = append(where, fmt.Sprintf("%s:%d", s.path, p.Line))
			}
		}
		return true
	})
	return where
}

// unsaid are words that have no place in the repository, and why.
var unsaid = []struct {
	word *regexp.Regexp
	only string // extension of the files it concerns; empty = all
	why  string
}{
	{regexp.MustCompile(`\b(TODO|FIXME|HACK)\b`), "", "do it now, or write down in docs/decisions why not"},
	{regexp.MustCompile(`(^|[\s"'(=:` + "`" + `])/(work|root|home/\w+|Users/\w+)/`), "", "a path of one machine"},
	{regexp.MustCompile(`(^|[\s"'(=:` + "`" + `])/tmp/\w`), ".md", "a path of one machine: use a folder of the reader's"},
	{regexp.MustCompile(`(?i)\b(artifactory|nexus repository|verdaccio|devpi)\b`), "", "the registry of one machine"},
}

func TestUnsaidWords(t *testing.T) {
	t.Parallel()
	hosts := mirrors(t)
	eachLine(t, func(name string, n int, line string) {
		for _, u := range unsaid {
			if word := u.word.FindString(line); word != "" && (u.only == "" || path.Ext(name) == u.only) {
				t.Errorf("%s:%d: %q: %s", name, n, word, u.why)
			}
		}
		for _, host := range hosts {
			if strings.Contains(line, host) {
				t.Errorf("%s:%d: names the host of a registry of this machine", name, n)
			}
		}
	})
}

// mention is a Markdown file named in a text.
var mention = regexp.MustCompile(`[\w./-]*\w\.md\b`)

// A document that is named exists: by its path from the root, from the file that names it, or by the end of its path.
func TestMentionedDocumentsExist(t *testing.T) {
	t.Parallel()
	known := files(t)
	eachLine(t, func(name string, n int, line string) {
		for _, doc := range mention.FindAllString(line, -1) {
			if i := strings.LastIndex(line, doc); i > 0 && strings.HasSuffix(line[:i], "/") { // https://example.com/x.md, ${dir}/x.md
				continue
			}
			clean := strings.TrimPrefix(path.Clean("/"+doc), "/")
			if !slices.ContainsFunc(known, func(f string) bool { return f == clean || strings.HasSuffix(f, "/"+clean) }) {
				t.Errorf("%s:%d: there is no %s", name, n, doc)
			}
		}
	})
}

// eachLine calls do for each line of each text file that people write. This file names what it forbids, so it is left out; so are licences and
// what tests read and tools write.
func eachLine(t *testing.T, do func(name string, n int, line string)) {
	t.Helper()
	for _, name := range files(t) {
		if name == "internal/house/source_test.go" || name == "LICENSE" || strings.HasSuffix(name, ".sum") || strings.Contains("/"+name, "/testdata/fuzz/") {
			continue
		}
		all, binary := lines(read(t, name))
		if binary {
			continue
		}
		for i, line := range all {
			do(name, i+1, line)
		}
	}
}
