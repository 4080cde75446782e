// Package assets serves what the pages are dressed with: styles, scripts, fonts and icons, as tools/assets made them, embedded in the program.
package assets

import (
	"compress/gzip"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// Prefix is where the assets are served.
const Prefix = "/assets/"

//go:embed all:dist
var dist embed.FS

// Set is what was built. Its names carry a checksum, so that a browser may keep a file for ever.
type Set struct {
	files fs.FS
	names map[string]string
}

// Open reads the list of what was built. ErrNotBuilt means that the program was built without.
func Open() (*Set, error) {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, err
	}
	return open(files)
}

// ErrNotBuilt says that the program was built without its assets.
var ErrNotBuilt = errors.New("the pages' styles and scripts are not in this program: build it with `make build`")

func open(files fs.FS) (*Set, error) {
	text, err := fs.ReadFile(files, "names.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotBuilt
	} else if err != nil {
		return nil, err
	}
	s := &Set{files: files}
	if err := json.Unmarshal(text, &s.names); err != nil {
		return nil, fmt.Errorf("read the list of assets: %w", err)
	}
	return s, nil
}

// Bare is a set with nothing in it, for tests that look at pages and not at their styles.
func Bare() *Set { return &Set{files: dist} }

// URL is the address of an asset by the name that pages call it: "ltr.css".
func (s *Set) URL(name string) string {
	if built, ok := s.names[name]; ok {
		return Prefix + built
	}
	return Prefix + name
}

// ServeHTTP serves the assets below Prefix.
func (s *Set) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, Prefix)
	if name == "" || strings.Contains(name, "/") || strings.HasPrefix(name, ".") {
		http.NotFound(w, r)
		return
	}
	squeezed := false
	file, err := s.files.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		squeezed = true
		file, err = s.files.Open(name + ".gz")
	}
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer file.Close() //nolint:errcheck // it was only read
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", contentType(name))
	if !squeezed {
		_, _ = io.Copy(w, file)
		return
	}
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		_, _ = io.Copy(w, file)
		return
	}
	plain, err := gzip.NewReader(file)
	if err != nil {
		http.Error(w, "the asset cannot be read", http.StatusInternalServerError)
		return
	}
	_, _ = io.Copy(w, plain) //nolint:gosec // our own file: it is as long as we made it
}

// contentType is that of a file by its ending, also on machines that know no types.
func contentType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	default:
		return mime.TypeByExtension(ext)
	}
}
