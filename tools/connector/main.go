// Command connector begins a new connector: it copies connectors/internal/template to connectors/NAME, with the names replaced, and adds its line to
// connectors/connectors.go. Run it in the repository's folder.
//
//	go run ./tools/connector NAME
package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./tools/connector NAME")
		os.Exit(2)
	}
	if err := begin(".", os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "connector:", err)
		os.Exit(1)
	}
	fmt.Printf(`connectors/%[1]s is begun, and listed in connectors/connectors.go.

    go test ./connectors/%[1]s       passes: it is still the template's service under a new name

Next: the title, the fields and the address in %[1]s.go; the stand-in in fake.go, as strict as the real service; then the guide, the icon
and the translations. docs/ and the doc comments of package connector say what is asked of each part.
`, os.Args[1])
}

// connectorName is what a connector may be called: it is a folder, a part of addresses and a package.
var connectorName = regexp.MustCompile(`^[a-z][a-z0-9]{1,30}$`)

// taken are names that a package cannot have, or that would be misread.
var taken = []string{"connector", "connectors", "fake", "field", "internal", "main", "money", "sale", "template", "tengi", "testing"}

// begin copies the template below root and lists the copy.
func begin(root, name string) error {
	if !connectorName.MatchString(name) || slices.Contains(taken, name) || token.IsKeyword(name) {
		return fmt.Errorf("%q cannot be a connector's name: small letters and digits, not a word of Go and not a package of ours", name)
	}
	from, to := filepath.Join(root, "connectors", "internal", "template"), filepath.Join(root, "connectors", name)
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("connectors/%s is there already", name)
	}
	listed := filepath.Join(root, "connectors", "connectors.go")
	text, err := os.ReadFile(listed)
	if err != nil {
		return fmt.Errorf("read the list of connectors: %w", err)
	}
	text, err = list(text, name)
	if err != nil {
		return err
	}
	if err := copyTree(os.DirFS(from), to, name); err != nil {
		return errors.Join(err, os.RemoveAll(to))
	}
	return os.WriteFile(listed, text, 0o644)
}

// copyTree copies the template, and puts the new name where the old one stands.
func copyTree(from fs.FS, to, name string) error {
	return fs.WalkDir(from, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, filepath.FromSlash(strings.ReplaceAll(path, "template", name)))
		if entry.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		text, err := fs.ReadFile(from, path)
		if err != nil {
			return err
		}
		text, err = rename(text, filepath.Ext(path), name)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return os.WriteFile(target, text, 0o644)
	})
}

// about is the part of the package comment that speaks of the template itself.
var about = regexp.MustCompile(`(?m)^//\n// It is what .make connector. copies\.(.*\n//)*.*\n`)

// rename replaces the template's name, as a word and as a title.
func rename(text []byte, ext, name string) ([]byte, error) {
	text = about.ReplaceAll(text, nil)
	text = bytes.ReplaceAll(text, []byte("template"), []byte(name))
	text = bytes.ReplaceAll(text, []byte("Template"), []byte(strings.ToUpper(name[:1])+name[1:]))
	if ext != ".go" {
		return text, nil
	}
	return format.Source(text)
}

// The two places in the list: an import, and a line.
const (
	importOf = "\t\"github.com/tengi/tengi/connectors/%s\"\n"
	lineOf   = "\t\t{%[1]s.Connector, func() fake.Service { return %[1]s.NewFake() }},\n"
)

var (
	imports = regexp.MustCompile(`(?m)^\t"github\.com/tengi/tengi/connectors/[a-z0-9]+"\n`)
	entries = regexp.MustCompile(`(?m)^\t\t\{[a-z0-9]+\.Connector, .*\},\n`)
)

// list adds the connector to the text of connectors.go, in the order of the alphabet.
func list(text []byte, name string) ([]byte, error) {
	for _, place := range []struct {
		lines *regexp.Regexp
		line  string
	}{{imports, fmt.Sprintf(importOf, name)}, {entries, fmt.Sprintf(lineOf, name)}} {
		found := place.lines.FindAllIndex(text, -1)
		if len(found) == 0 {
			return nil, errors.New("connectors/connectors.go has another form than expected: add the connector there by hand")
		}
		at := found[len(found)-1][1]
		for _, span := range found {
			if string(text[span[0]:span[1]]) > place.line {
				at = span[0]
				break
			}
		}
		text = slices.Insert(slices.Clone(text), at, []byte(place.line)...)
	}
	return format.Source(text)
}
