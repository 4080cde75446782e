package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// machine says in one line what was measured on.
func machine(b *bench) string {
	text := fmt.Sprintf("%s %s/%s, %d cores", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	if model := processor(); model != "" {
		text += " (" + model + ")"
	}
	text += fmt.Sprintf(", fsync of 4 KiB %s", perSecond(b.floors.fsync))
	if b.postgres != nil {
		text += ", PostgreSQL " + b.postgres.version
	}
	return text
}

// processor is the name that the kernel gives the processor; empty where it gives none.
func processor() string {
	file, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// document is where results are written, from the root of the repository.
const document = "docs/performance.md"

// The marks around the results in the document.
const (
	resultsBegin = "<!-- results: written by `make bench ARGS=-write` -->\n"
	resultsEnd   = "<!-- end of results -->\n"
)

// write puts the results into the document.
func (b *bench) write() error {
	root, err := repository()
	if err != nil {
		return err
	}
	path := filepath.Join(root, document)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var results strings.Builder
	fmt.Fprintf(&results, "\n%s: %s.\n\n- bare handler, 64 senders: %s\n", time.Now().UTC().Format(time.DateOnly), machine(b), described(b.floors.handler))
	for _, note := range b.notes {
		fmt.Fprintf(&results, "- %s\n", note)
	}
	fmt.Fprintf(&results, "\n%s\n", markdown(b.figures))
	text, err = insert(text, results.String())
	if err != nil {
		return fmt.Errorf("%s: %w", document, err)
	}
	return os.WriteFile(path, text, 0o644)
}

// insert replaces what stands between the marks.
func insert(text []byte, results string) ([]byte, error) {
	before, rest, ok := bytes.Cut(text, []byte(resultsBegin))
	_, after, ended := bytes.Cut(rest, []byte(resultsEnd))
	if !ok || !ended {
		return nil, errors.New("the marks around the results are missing")
	}
	return bytes.Join([][]byte{before, []byte(resultsBegin), []byte(results), []byte(resultsEnd), after}, nil), nil
}

// repository is the folder of go.mod, from here upwards.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("run it inside the repository")
		}
		dir = parent
	}
}
