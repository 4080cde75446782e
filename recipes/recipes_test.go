package recipes_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connectors"
	"github.com/tengi/tengi/recipes"
	"github.com/tengi/tengi/secret"
	"github.com/tengi/tengi/setup"
	"github.com/tengi/tengi/store"
)

// installation is an empty one.
func installation(t *testing.T) setup.Target {
	t.Helper()
	dir := t.TempDir()
	s, err := store.Open(t.Context(), store.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	box, err := secret.Open(filepath.Join(dir, "key"), "")
	if err != nil {
		t.Fatal(err)
	}
	return setup.Target{Store: s, Secrets: box, Connectors: connectors.All(), HookURL: func(string) string { return "https://tengi.example/hooks/token" }}
}

// logins are the logins that the stand-ins take, under the names that recipes use.
func logins() map[string]string {
	env := map[string]string{recipes.Env("webhook", "token"): "booking-tool-stand-in-token"}
	for _, service := range connectors.Fakes() {
		env[recipes.Env(service.Name(), "url")] = "https://service.example"
		settings, secrets := service.Login()
		for key, value := range settings {
			env[recipes.Env(service.Name(), key)] = fmt.Sprint(value)
		}
		for key, value := range secrets {
			env[recipes.Env(service.Name(), key)] = value
		}
	}
	return env
}

// input is a text as it is handed in, with what it asks of the environment.
func input(text string, env map[string]string, asked *[]string) setup.Input {
	return setup.Gather([]setup.File{{Name: "recipe.yaml", Text: text}}, setup.Look{
		Env: func(name string) (string, bool) {
			if asked != nil {
				*asked = append(*asked, name)
			}
			value, ok := env[name]
			return value, ok
		},
		File: func(string) ([]byte, error) { return nil, os.ErrNotExist },
	})
}

// Every recipe is taken as it stands, by an installation with and without a workspace, and taking it twice changes nothing. Apply compiles every
// expression, and takes no secret that is written out.
func TestApply(t *testing.T) {
	t.Parallel()
	for _, r := range recipes.All() {
		t.Run(r.Key, func(t *testing.T) {
			t.Parallel()
			at := installation(t)
			var asked []string
			report, err := setup.Apply(t.Context(), at, input(r.File(), logins(), &asked), false)
			if err != nil {
				t.Fatal(err)
			}
			for _, change := range report.Changes {
				if change.Action != setup.Created {
					t.Errorf("%s %s: %s", change.Kind, change.Key, change.Action)
				}
			}
			for _, text := range []string{r.File(), r.Text} {
				again, err := setup.Apply(t.Context(), at, input(text, logins(), nil), false)
				if err != nil {
					t.Fatal(err)
				}
				for _, change := range again.Changes {
					if change.Action != setup.Unchanged {
						t.Errorf("applied again, %s %s is %s: %v", change.Kind, change.Key, change.Action, change.Details)
					}
				}
			}
			configuration, err := at.Store.Configuration(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range configuration.Connections {
				if !c.Enabled || len(c.Steps) == 0 {
					t.Errorf("connection %s is off, or has no steps", c.Key)
				}
			}
			if len(asked) == 0 {
				t.Error("nothing is asked of the environment: where would a login come from?")
			}
		})
	}
}

// Without the logins nothing is stored, and every variable that is missing is named.
func TestApplyWithoutLogins(t *testing.T) {
	t.Parallel()
	for _, r := range recipes.All() {
		t.Run(r.Key, func(t *testing.T) {
			t.Parallel()
			var asked []string
			_, err := setup.Apply(t.Context(), installation(t), input(r.File(), nil, &asked), false)
			if err == nil {
				t.Fatal("it was taken")
			}
			for _, name := range asked {
				if !strings.Contains(err.Error(), name) {
					t.Errorf("%s is not named: %v", name, err)
				}
			}
		})
	}
}

// shape is what a test needs to know of a recipe's YAML.
type shape struct {
	Accounts []struct {
		Key       string         `yaml:"key"`
		Connector string         `yaml:"connector"`
		Rest      map[string]any `yaml:",inline"`
	} `yaml:"accounts"`
}

// What stands in Go beside the YAML is what stands in the YAML, and variables are named by the account and the field they are for.
func TestConnectors(t *testing.T) {
	t.Parallel()
	all := connectors.All()
	for _, r := range recipes.All() {
		var s shape
		if err := yaml.Unmarshal([]byte(r.Text), &s); err != nil {
			t.Errorf("%s: %v", r.Key, err)
			continue
		}
		var named []string
		references := 0
		for _, a := range s.Accounts {
			named = append(named, a.Connector)
			at := slices.IndexFunc(all, func(c *connector.Connector) bool { return c.Name == a.Connector })
			if at < 0 {
				t.Errorf("%s: there is no connector %s", r.Key, a.Connector)
				continue
			}
			for key, value := range a.Rest {
				ref, _ := value.(map[string]any)
				name, isRef := ref["env"]
				if !isRef {
					continue
				}
				if references++; name != recipes.Env(a.Connector, key) {
					t.Errorf("%s: %s of account %s is asked of %v, want %s", r.Key, key, a.Key, name, recipes.Env(a.Connector, key))
				}
			}
		}
		if references == 0 {
			t.Errorf("%s: no field is asked of the environment", r.Key)
		}
		if diff := cmp.Diff(r.Connectors, named); diff != "" {
			t.Errorf("%s: connectors (-Go +YAML):\n%s", r.Key, diff)
		}
	}
}

// A person reads them: a heading that says what it does, the accounts, and a switch that is on at the end.
func TestText(t *testing.T) {
	t.Parallel()
	var files []string
	for _, r := range recipes.All() {
		files = append(files, r.Key+".yaml")
		if !strings.HasPrefix(r.Text, "# "+strings.Split(r.Title("en"), " → ")[0]) || !strings.HasSuffix(r.Text, "\n    enabled: true\n") {
			t.Errorf("%s begins or ends otherwise", r.Key)
		}
		if head, _, ok := strings.Cut(r.Text, "\naccounts:\n"); !ok || strings.Contains(head, "\nworkspace") {
			t.Errorf("%s does not start with the accounts", r.Key)
		}
		if file := r.File(); !strings.HasPrefix(file, "# ") || strings.Replace(file, r.Workspace, "", 1) != r.Text || !strings.Contains(file, "\nworkspace: {") {
			t.Errorf("%s with its workspace is\n%s", r.Key, file)
		}
		for line := range strings.Lines(r.Text) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > 180 {
				t.Errorf("%s has a line of %d letters", r.Key, n)
			}
		}
	}
	slices.Sort(files)
	there, err := filepath.Glob("*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(there, files); diff != "" {
		t.Errorf("files without a recipe (-files +recipes):\n%s", diff)
	}
}

// Every recipe has a title and a summary of its own in every language of Tengi, and there are none without a recipe.
func TestWords(t *testing.T) {
	t.Parallel()
	languages := []string{"en", "he", "is", "pl", "uk"}
	said := map[string]map[string]map[string]string{}
	text, err := os.ReadFile("words.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &said); err != nil {
		t.Fatal(err)
	}
	for _, r := range recipes.All() {
		words := said[r.Key]
		for _, language := range languages {
			summary := r.Summary(language)
			if r.Title(language) == "" || summary == "" || !strings.HasSuffix(summary, ".") || len(words[language]) != 2 {
				t.Errorf("%s in %s: %q, %q", r.Key, language, r.Title(language), summary)
			}
			if language != "en" && summary == r.Summary("en") {
				t.Errorf("%s is not translated into %s", r.Key, language)
			}
		}
		if len(words) != len(languages) {
			t.Errorf("%s is said in %d languages", r.Key, len(words))
		}
		if r.Title("xx") != r.Title("en") || r.Summary("") != r.Summary("en") {
			t.Errorf("%s says nothing in a language that Tengi does not speak", r.Key)
		}
		delete(said, r.Key)
	}
	if len(said) > 0 {
		t.Errorf("there are words for %v", said)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	for _, r := range recipes.All() {
		if found, ok := recipes.Find(r.Key); !ok || found.Text != r.Text || found.Title("is") != r.Title("is") {
			t.Errorf("%s is not found", r.Key)
		}
	}
	if r, ok := recipes.Find("bokun"); ok {
		t.Errorf("bokun is %s", r.Key)
	}
}

// The example in the documentation is the recipe, with the stand-ins' addresses.
func TestExample(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "docs", "examples", "bokun-payday-sandbox.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	r, _ := recipes.Find("bokun-payday")
	plain := string(text)
	for _, name := range r.Connectors {
		plain = strings.Replace(plain, fmt.Sprintf(`base_url: "http://127.0.0.1:8090/%s", `, name), "", 1)
	}
	var example, recipe any
	if err := yaml.Unmarshal([]byte(plain), &example); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte(r.File()), &recipe); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(recipe, example); diff != "" {
		t.Errorf("(-recipe +example):\n%s", diff)
	}
}
