package house

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// module is the path of ours.
const module = "github.com/tengi/tengi"

// root is the repository's folder; tests run in their package's.
var root = filepath.Join("..", "..")

// source is one Go file.
type source struct {
	path      string // from the root, with slashes
	test      bool   // its name ends in _test.go
	generated bool
	file      *ast.File
	fset      *token.FileSet
}

// pkg names the file's package by its folder: "" is the root, "connectors/payday".
func (s source) pkg() string {
	dir := path.Dir(s.path)
	if dir == "." {
		return ""
	}
	return dir
}

// imports lists what the file imports.
func (s source) imports() []string {
	var paths []string
	for _, spec := range s.file.Imports {
		paths = append(paths, strings.Trim(spec.Path.Value, `"`))
	}
	return paths
}

// generatedLine is how a generated file says so. https://go.dev/s/generatedcode
var generatedLine = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// sources parses every Go file of the repository.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	for _, name := range files(t) {
		if !strings.HasSuffix(name, ".go") || strings.Contains("/"+name, "/testdata/") {
			continue
		}
		text := read(t, name)
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, text, parser.ParseComments)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		all = append(all, source{
			path: name, test: strings.HasSuffix(name, "_test.go"), generated: generatedLine.Match(text), file: file, fset: fset,
		})
	}
	if len(all) == 0 {
		t.Fatal("no Go files were found: these tests would pass without looking at anything")
	}
	return all
}

// files lists the files of the repository by path from the root: those git tracks or would track, or, without git, all that do not look made.
func files(t *testing.T) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return walk(t)
	}
	var names []string
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if info, err := os.Lstat(filepath.Join(root, name)); err == nil && info.Mode().IsRegular() { // a deleted file is listed until the commit
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func walk(t *testing.T) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{".git", "bin", "data", "node_modules"}, d.Name()) {
			return fs.SkipDir
		}
		if d.Type().IsRegular() {
			rel, err := filepath.Rel(root, name)
			if err != nil {
				return err
			}
			names = append(names, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// lines cuts a text file into lines; binary says that it is none.
func lines(text []byte) (all []string, binary bool) {
	if bytes.IndexByte(text, 0) >= 0 {
		return nil, true
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"), false
}
