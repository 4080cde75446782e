// Command docs writes what the connectors say of themselves: a page for each in docs/connectors, and the table of services in README.md. Run it in the
// repository's folder; `make generate` does.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connectors"
)

func main() {
	if err := run(".", connectors.All()); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

// Where the pages stand, below the root, and how their names end.
const (
	folder = "docs/connectors"
	ext    = ".md"
)

// run writes the pages and the table below root, and removes the pages of connectors that are gone.
func run(root string, all []*connector.Connector) error {
	dir := filepath.Join(root, folder)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	written := map[string]bool{}
	for _, c := range all {
		name := c.Name + ext
		written[name] = true
		if err := os.WriteFile(filepath.Join(dir, name), page(c), 0o644); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ext) && !written[e.Name()] {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	readme := filepath.Join(root, "README.md")
	text, err := os.ReadFile(readme)
	if err != nil {
		return err
	}
	text, err = between(text, table(all))
	if err != nil {
		return fmt.Errorf("README.md: %w", err)
	}
	return os.WriteFile(readme, text, 0o644)
}

// The lines of README.md between which the table stands.
const (
	begins = "<!-- services: written by `make generate` -->\n"
	ends   = "<!-- end of services -->\n"
)

// between replaces what stands between the marks.
func between(text, table []byte) ([]byte, error) {
	before, rest, ok := bytes.Cut(text, []byte(begins))
	_, after, closed := bytes.Cut(rest, []byte(ends))
	if !ok || !closed {
		return nil, errors.New("the marks of the table of services are missing")
	}
	return slices.Concat(before, []byte(begins), table, []byte(ends), after), nil
}

// guides are a connector's setup guides: file names by language, English first.
func guides(c *connector.Connector) (names []string) {
	if c.Files == nil {
		return nil
	}
	names, _ = fs.Glob(c.Files, "setup*.md") // the pattern is well-formed
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(language(a), language(b)) })
	if i := slices.Index(names, "setup.md"); i > 0 {
		names = slices.Concat([]string{"setup.md"}, names[:i], names[i+1:])
	}
	return names
}

// language of a guide: "is" of setup.is.md, "en" of setup.md.
func language(name string) string {
	if code := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(name, "md"), "setup."), "."); code != "" {
		return code
	}
	return "en"
}
