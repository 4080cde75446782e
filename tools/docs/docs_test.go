package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connectors"
	"github.com/tengi/tengi/field"
)

func sample() *connector.Connector {
	return &connector.Connector{
		Name: "payday", Title: "Notes", Summary: "Keeps notes.",
		Auth:     connector.Auth{Fields: field.Set{{Key: "token", Type: field.Text, Label: "Token", Secret: true, Required: true}}},
		Limits:   connector.Limits{InFlight: 2},
		Triggers: []connector.Trigger{{Key: "note", Title: "Note written", Types: []string{"note.*"}, Sale: true, Options: field.Set{{Key: "from", Type: field.Date, Label: "From"}}}},
		Actions:  []connector.Action{{Key: "note.create", Title: "Write a | note", Help: "Writes one.", Makes: tengi.Other, Recovery: "Asks a person."}},
		Files:    fstest.MapFS{"setup.md": {}, "setup.is.md": {}},
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	text := string(page(sample()))
	for _, want := range []string{
		"# Notes", "[English](../../connectors/payday/setup.md), [íslenska](../../connectors/payday/setup.is.md)",
		"`token`", "deliveries at the same time: 2", "## Trigger `note`: Note written", "carry a sale", "`from`", "## Action `note.create`",
		"Undoing it is a person's.", "**How a repeat is prevented.** Asks a person.", "nothing to check the account by",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	readme := filepath.Join(root, "README.md")
	if err := run(root, nil); err == nil {
		t.Error("no README.md, and no error")
	}
	write(t, readme, "# X\n")
	if err := run(root, nil); err == nil || !strings.Contains(err.Error(), "marks") {
		t.Errorf("no marks: %v", err)
	}
	write(t, readme, "# X\n"+begins+"old\n"+ends+"after\n")
	write(t, filepath.Join(root, folder, "gone"+ext), "x")
	for range 2 {
		if err := run(root, []*connector.Connector{sample()}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	want := "# X\n" + begins + "| service | reports | does | set-up guide |\n|---|---|---|---|\n" +
		"| [Notes](docs/connectors/payday.md) | Note written | Write a \\| note | [English](connectors/payday/setup.md), [íslenska](connectors/payday/setup.is.md) |\n" +
		ends + "after\n"
	if string(got) != want {
		t.Errorf("README.md:\n%s\nwant\n%s", got, want)
	}
	if _, err := os.Stat(filepath.Join(root, folder, "gone"+ext)); err == nil {
		t.Error("the page of a connector that is gone stays")
	}
}

// What stands in the repository is what the connectors say now.
func TestUpToDate(t *testing.T) {
	t.Parallel()
	for _, c := range connectors.All() {
		got, err := os.ReadFile(filepath.Join("..", "..", folder, c.Name+ext))
		if err != nil || !bytes.Equal(got, page(c)) {
			t.Errorf("the page of %s is not what the connector says: run `make generate` (%v)", c.Name, err)
		}
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if fresh, err := between(readme, table(connectors.All())); err != nil || !bytes.Equal(fresh, readme) {
		t.Errorf("the table in README.md is not what the connectors say: run `make generate` (%v)", err)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
