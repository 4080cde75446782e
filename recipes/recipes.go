// Package recipes holds connections that are ready but for the logins, such as Bókun → Payday: each a YAML file that `tengi apply` takes as it stands
// and that a set-up page offers, with a title and a summary in every language of Tengi.
package recipes

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
)

//go:embed *.yaml words.json
var files embed.FS

// Recipe is one of them.
type Recipe struct {
	Key string // bokun-payday; also the name of its file
	// Connectors are those its accounts are at, by name, in the order of the accounts.
	Connectors []string
	// Workspace is a block for the beginning of the file, of a business such as would use the recipe. An installation that has its workspace needs none.
	Workspace string
	// Text is the recipe: accounts and connections as YAML. What an account is told stands in the environment, under the names that [Env] makes.
	Text string

	words map[string]words // by language
}

// words are what a recipe is called and what it does.
type words struct {
	Title   string `json:"title"`
	Summary string `json:"summary"`
}

// The businesses that the recipes are at home with.
const (
	iceland = "workspace: {name: Fjörður Tours, country: IS, currency: ISK, timezone: Atlantic/Reykjavik, language: is}\n"
	israel  = "workspace: {name: Fjörður Tours, country: IL, currency: ILS, timezone: Asia/Jerusalem, language: he}\n"
	poland  = "workspace: {name: Fjörður Tours, country: PL, currency: PLN, timezone: Europe/Warsaw, language: pl}\n"
	ukraine = "workspace: {name: Fjörður Tours, country: UA, currency: UAH, timezone: Europe/Kyiv, language: uk}\n"
)

// All are the recipes, in the order in which they are offered.
func All() []Recipe {
	all := []Recipe{
		{Key: "bokun-payday", Workspace: iceland, Connectors: []string{"bokun", "payday"}},
		{Key: "paypal-caspit", Workspace: israel, Connectors: []string{"paypal", "caspit", "email"}},
		{Key: "sheet-stripe", Workspace: iceland, Connectors: []string{"googlesheets", "stripe"}},
		{Key: "sheet-portmone", Workspace: ukraine, Connectors: []string{"googlesheets", "portmone", "email"}},
		{Key: "form-portmone", Workspace: ukraine, Connectors: []string{"form", "portmone", "sms"}},
		{Key: "booking-imoje", Workspace: poland, Connectors: []string{"webhook", "http", "imoje", "email"}},
	}
	said := map[string]map[string]words{}
	if err := json.Unmarshal(file("words.json"), &said); err != nil {
		panic("words.json is not readable: " + err.Error()) // it is part of the program, and a test reads it
	}
	for i := range all {
		all[i].Text, all[i].words = string(file(all[i].Key+".yaml")), said[all[i].Key]
	}
	return all
}

// file reads one of the embedded files.
func file(name string) []byte {
	text, err := files.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("the recipe's file is missing: %v", err)) // likewise
	}
	return text
}

// Find finds a recipe by its key.
func Find(key string) (Recipe, bool) {
	for _, r := range All() {
		if r.Key == key {
			return r, true
		}
	}
	return Recipe{}, false
}

// Title is what the recipe is called in a language; in English where Tengi does not speak it.
func (r Recipe) Title(language string) string { return r.in(language).Title }

// Summary says in one sentence what the recipe does; in English where Tengi does not speak the language.
func (r Recipe) Summary(language string) string { return r.in(language).Summary }

func (r Recipe) in(language string) words {
	if w, ok := r.words[language]; ok {
		return w
	}
	return r.words["en"]
}

// File is the recipe with its workspace: all that an installation without one needs. The recipe's heading comes first.
func (r Recipe) File() string {
	head, rest, _ := strings.Cut(r.Text, "accounts:")
	return head + r.Workspace + "accounts:" + rest
}

// Env is the environment variable by which recipes name a field of an account: the connector and the field in capitals, as in BOKUN_ACCESS_KEY.
func Env(connector, field string) string { return strings.ToUpper(connector + "_" + field) }
