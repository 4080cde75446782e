package store

import (
	"path"
	"strconv"
	"strings"
)

// Schema is the number of the newest schema this program knows. An open store has exactly this one: Open brings an older one up to it and refuses a
// newer.
func Schema() int {
	newest := 0
	files, _ := migrations.ReadDir("migrations/sqlite") // embedded: it is there
	for _, f := range files {
		number, _, _ := strings.Cut(path.Base(f.Name()), "_")
		if n, err := strconv.Atoi(number); err == nil {
			newest = max(newest, n)
		}
	}
	return newest
}
