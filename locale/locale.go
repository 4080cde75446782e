// Package locale says things to people in their own language: the texts of pages and messages, plurals, numbers, money, dates, and the texts of
// connectors. A [Printer] is made for each request and knows the reader's language and time zone.
//
// The texts stand in texts/LANGUAGE/AREA.json under flat keys that begin with their area. A text may have {names}, for which the caller
// gives values. What a value is made of is told by the reader's language: an amount, a number, a point in time are written as the language does it.
package locale

import (
	"slices"

	"golang.org/x/text/language"
)

// Language is one of the languages that Tengi speaks.
type Language struct {
	Code      string // "is"; also the lang attribute of a page
	Name      string // in itself: "íslenska"
	Direction string // "ltr" or "rtl", the dir attribute of a page
}

// English is the language of whoever asks for none of ours.
const English = "en"

// The directions of scripts.
const (
	leftToRight = "ltr"
	rightToLeft = "rtl"
)

// Languages are those that Tengi speaks, in the order in which they are offered.
func Languages() []Language {
	return []Language{
		{Code: English, Name: "English", Direction: leftToRight},
		{Code: "is", Name: "íslenska", Direction: leftToRight},
		{Code: "uk", Name: "українська", Direction: leftToRight},
		{Code: "he", Name: "עברית", Direction: rightToLeft},
		{Code: "pl", Name: "polski", Direction: leftToRight},
	}
}

// known says whether the code is that of one of our languages.
func known(code string) bool {
	return slices.ContainsFunc(Languages(), func(l Language) bool { return l.Code == code })
}

// Match chooses the language of a reader: the first preferred one that is ours (what the reader chose, what the workspace speaks), else the best of
// those that the browser's Accept-Language header asks for, else English.
func Match(acceptLanguage string, preferred ...string) string {
	for _, code := range preferred {
		if known(code) {
			return code
		}
	}
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(wanted) == 0 {
		return English
	}
	ours := Languages()
	tags := make([]language.Tag, len(ours))
	for i, l := range ours {
		tags[i] = language.Make(l.Code)
	}
	_, i, confidence := language.NewMatcher(tags).Match(wanted...)
	if confidence < language.High {
		return English
	}
	return ours[i].Code
}
