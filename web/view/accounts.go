package view

import "time"

// Account is a login as lists and its own page show it.
type Account struct {
	Key, Name string
	Service   Service
	State     string // active, attention, off
	Problem   string // why it cannot be used at all
	Who       string // whom the service says it belongs to
	Warnings  []string
	CheckedAt time.Time
	Wrong     Wrong // what the service had against it
	UsedBy    []Choice
}

// Wrong is what is wrong and what to do about it.
type Wrong struct{ Title, What, Todo, Detail string }

// Is says whether anything is.
func (w Wrong) Is() bool { return w.Title != "" || w.What != "" }

// AccountGroup is accounts in one state.
type AccountGroup struct {
	State    string
	Accounts []Account
}

// Accounts is the page of all logins.
type Accounts struct{ Groups []AccountGroup }

// AccountDetails is the page of one account.
type AccountDetails struct {
	Account         Account
	Name, WrongName string // as its form has it
	Fields          Fields // nothing for those who only read
	HookURL         string // empty = none, or not for this reader
	Where           []GuideSection
}

// Connect is the form of a new account.
type Connect struct {
	Service         Service
	Name, WrongName string
	Fields          Fields
}

// accountTone is the colour of an account's state.
func accountTone(state string) string {
	switch state {
	case "active":
		return "green"
	case "attention":
		return "red"
	default:
		return "secondary"
	}
}
