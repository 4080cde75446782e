package locale

import (
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Country is the name of a country by its code (ISO 3166-1): "Iceland". What is no code comes back as it is.
func (p *Printer) Country(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil || !region.IsCountry() {
		return code
	}
	if name := display.Regions(p.tag).Name(region); name != "" {
		return name
	}
	return code
}

// LanguageName is the name of a language by its code: "Icelandic". What is no code comes back as it is.
func (p *Printer) LanguageName(code string) string {
	tag, err := language.Parse(code)
	if err != nil {
		return code
	}
	if name := display.Languages(p.tag).Name(tag); name != "" {
		return name
	}
	return code
}
