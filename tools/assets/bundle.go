package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// sheets are Tabler's style sheets: one for each direction of writing.
var sheets = []string{"tabler", "tabler.rtl"}

// purge leaves out of Tabler's style sheets the rules for classes that neither a page nor a script names.
func purge(ctx context.Context, dir, work string) error {
	for _, sheet := range sheets {
		err := command(ctx, dir, filepath.Join("node_modules", ".bin", "purgecss"),
			"--css", filepath.Join("node_modules", "@tabler", "core", "dist", "css", sheet+".min.css"),
			"--content", "../view/*.templ", "../view/*.go", "src/*.js",
			"--safelist", "collapse", "show", "active", "disabled", "dropdown-menu", "is-invalid",
			"--output", filepath.Join(filepath.Base(work), sheet+".css"))
		if err != nil {
			return err
		}
	}
	return nil
}

// bundle writes scripts, styles and fonts under names that carry a checksum. It returns the names by what the pages call them.
func bundle(dir, work string) (map[string]string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	result := api.Build(api.BuildOptions{
		AbsWorkingDir: abs,
		EntryPoints:   []string{"src/app.js", "src/theme.js", "src/fields.js", "src/ltr.css", "src/rtl.css"},
		Alias:         map[string]string{"purged": "./" + filepath.Base(work)},
		Outdir:        "dist", Bundle: true, Write: true, Metafile: true,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true, LegalComments: api.LegalCommentsNone,
		EntryNames: "[name]-[hash]", AssetNames: "[name]-[hash]", Target: api.ES2022, Format: api.FormatIIFE,
		Loader: map[string]api.Loader{".woff2": api.LoaderFile}, LogLevel: api.LogLevelSilent,
	})
	for _, message := range result.Errors {
		err = errors.Join(err, fmt.Errorf("%s", strings.TrimSpace(api.FormatMessages([]api.Message{message}, api.FormatMessagesOptions{})[0])))
	}
	if err != nil {
		return nil, err
	}
	var meta struct {
		Outputs map[string]struct {
			EntryPoint string `json:"entryPoint"`
		} `json:"outputs"`
	}
	if err := json.Unmarshal([]byte(result.Metafile), &meta); err != nil {
		return nil, err
	}
	names := map[string]string{}
	for output, made := range meta.Outputs {
		if made.EntryPoint != "" {
			names[filepath.Base(made.EntryPoint)] = filepath.Base(output)
		}
	}
	return names, nil
}

var (
	iconUsed = regexp.MustCompile(`\bIcon\("([a-z0-9-]+)"`)
	iconBody = regexp.MustCompile(`(?s)<svg[^>]*>(.*)</svg>`)
)

// icons draws every icon that a page names into one file, as symbols.
func icons(dir string, names map[string]string) error {
	var used []string
	for _, pattern := range []string{"*.templ", "*.go"} {
		files, err := filepath.Glob(filepath.Join(dir, "..", "view", pattern))
		if err != nil {
			return err
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			for _, found := range iconUsed.FindAllSubmatch(text, -1) {
				used = append(used, string(found[1]))
			}
		}
	}
	slices.Sort(used)
	var b bytes.Buffer
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg">`)
	for _, name := range slices.Compact(used) {
		text, err := os.ReadFile(filepath.Join(dir, "node_modules", "@tabler", "icons", "icons", "outline", name+".svg"))
		if err != nil {
			return fmt.Errorf("icon %s: %w", name, err)
		}
		body := iconBody.FindSubmatch(text)
		if body == nil {
			return fmt.Errorf("icon %s: there is no picture in it", name)
		}
		fmt.Fprintf(&b, `<symbol id="%s" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">%s</symbol>`,
			name, strings.Join(strings.Fields(string(body[1])), " "))
	}
	b.WriteString(`</svg>`)
	if err := named(dir, names, "icons", ".svg", b.Bytes()); err != nil {
		return err
	}
	sign, err := os.ReadFile(filepath.Join(dir, "src", "icon.svg")) // the sign of Tengi, for the browser's tab
	if err != nil {
		return err
	}
	return named(dir, names, "icon", ".svg", sign)
}

// named writes a file under a name that carries a checksum.
func named(dir string, names map[string]string, name, ending string, text []byte) error {
	sum := sha256.Sum256(text)
	built := name + "-" + hex.EncodeToString(sum[:4]) + ending
	names[name+ending] = built
	return os.WriteFile(filepath.Join(dir, "dist", built), text, 0o644)
}

// squeeze compresses what is text and writes the list of names. Fonts are compressed by themselves.
func squeeze(dir string, names map[string]string) error {
	for _, name := range names {
		path := filepath.Join(dir, "dist", name)
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
		if err != nil {
			return err
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		if err := os.WriteFile(path+".gz", b.Bytes(), 0o644); err != nil {
			return err
		}
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	list, err := json.MarshalIndent(names, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "dist", "names.json"), list, 0o644)
}
