package locale

import "strings"

// GuideHeading is a heading of a connector's English guide in the reader's language, for guides that are not translated. What is no heading of any guide
// comes back as it is.
func (p *Printer) GuideHeading(english string) string {
	return p.or("guide."+headingKey(english), english)
}

// headingKey makes the last part of a key of a heading: "What you need" is what_you_need.
func headingKey(heading string) string {
	words := strings.FieldsFunc(strings.ToLower(heading), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return strings.Join(words, "_")
}
