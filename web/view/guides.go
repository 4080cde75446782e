package view

import "github.com/a-h/templ"

// Service is a connector as lists show it.
type Service struct {
	Name, Title, Summary string
	Picture              templ.SafeURL // empty = none
	URL                  templ.SafeURL
	Accounts             int // how many the workspace has
}

// Recipe is a connection that is ready but for the logins.
type Recipe struct {
	Key, Title, Summary string
	Services            []Service
}

// Guides is the page of all guides.
type Guides struct {
	Recipes  []Recipe
	Services []Service
	Support  Support
}

// Support is whom a reader may ask.
type Support struct {
	Text string        // as the operator wrote it; empty = nobody is named
	URL  templ.SafeURL // of an address or a page; empty = it is a sentence
}

// Guide is one guide as steps.
type Guide struct {
	Service  Service
	Title    string
	Language string // what it is written in
	Foreign  bool   // which is not the reader's language
	Intro    string // HTML of our own making
	Sections []GuideSection
	Accounts []Choice // of the service, whose address can be filled in
	Account  string   // the one that is
	Support  Support
}

// GuideSection is one part of a guide.
type GuideSection struct{ ID, Title, HTML, Language string }

// RecipeGuide is a recipe as steps: the logins, then the connection.
type RecipeGuide struct {
	Recipe  Recipe
	Support Support
}

// directionOf is how a language is written.
func directionOf(language string) string {
	if language == "he" {
		return "rtl"
	}
	return "ltr"
}
