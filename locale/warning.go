package locale

import (
	"regexp"
	"strings"
)

// Warning is what a connector's check warns of, in the reader's language. It comes as an English sentence and is recognised by it; one that nobody has
// words for comes back as it is.
func (c Connector) Warning(english string) string {
	for key, pattern := range c.english {
		if !strings.HasPrefix(key, "warnings.") {
			continue
		}
		given, ok := matched(pattern, english)
		if !ok {
			continue
		}
		text, err := (parser{}).Parse(c.text(key, english), "", "")
		if err != nil {
			return english
		}
		said, err := text.Execute(&values{printer: c.printer, pairs: given})
		if err != nil {
			return english
		}
		return said
	}
	return english
}

// matched says whether a sentence is one of the pattern, and what stands in the places of its names: name, value, name, value ...
func matched(pattern, sentence string) (given []any, ok bool) {
	var names []string
	expression := placeholders.ReplaceAllStringFunc(regexp.QuoteMeta(pattern), func(name string) string {
		names = append(names, strings.Trim(name, `\{}`))
		return "(.+)"
	})
	found := regexp.MustCompile("^" + expression + "$").FindStringSubmatch(sentence)
	if found == nil {
		return nil, false
	}
	for i, name := range names {
		given = append(given, name, found[i+1])
	}
	return given, true
}

// placeholders finds the names of a quoted pattern.
var placeholders = regexp.MustCompile(`\\\{[a-z0-9_]+\\\}`)
