package main

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// verdict says how a figure stands to its bar.
type verdict string

// The verdicts. A figure without a bar has none.
const (
	noBar  verdict = ""
	met    verdict = "met"
	missed verdict = "NOT met"
)

// figure is one line of the table.
type figure struct {
	store   string // SQLite, PostgreSQL; empty for the machine itself
	name    string
	value   string
	bar     string
	floor   string // what the machine can do at best, measured in the same run
	verdict verdict
}

// atLeast is the verdict on a figure that must reach its bar.
func atLeast(value, bar float64) verdict {
	if value >= bar {
		return met
	}
	return missed
}

// atMost is the verdict on a figure that must not pass its bar.
func atMost[T int64 | float64](value, bar T) verdict {
	if value <= bar {
		return met
	}
	return missed
}

// columns are the table's.
var columns = []string{"figure", "measured", "bar", "floor, same run", "verdict"}

// cells are the figure's, as wide as they come.
func (f figure) cells() []string {
	name := f.name
	if f.store != "" {
		name = f.store + ": " + name
	}
	return []string{name, f.value, orDash(f.bar), orDash(f.floor), orDash(string(f.verdict))}
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

// plain writes the table for a terminal.
func plain(figures []figure) string {
	rows := [][]string{columns}
	for _, f := range figures {
		rows = append(rows, f.cells())
	}
	widths := make([]int, len(columns))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for n, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
		if n == 0 {
			b.WriteString(strings.Repeat("-", utf8.RuneCountInString(strings.TrimRight(line.String(), " "))) + "\n")
		}
	}
	return b.String()
}

// markdown writes the table for a document.
func markdown(figures []figure) string {
	var b strings.Builder
	row := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	row(columns)
	b.WriteString(strings.Repeat("|---", len(columns)) + "|\n")
	for _, f := range figures {
		row(f.cells())
	}
	return b.String()
}
