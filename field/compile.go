package field

import "regexp"

// Compiled is a set for whoever parses with it many times: its patterns are compiled once. It never changes, so any number of goroutines may use it.
type Compiled struct {
	set      Set
	patterns patterns
}

// patterns are the patterns of a set and of the sets inside it, by their text. What does not compile is there and nil.
type patterns map[string]*regexp.Regexp

// Compile readies a set to parse many times. A pattern that does not compile, which [Set.Check] reports, matches nothing. The set must not be changed
// afterwards.
func (s Set) Compile() *Compiled {
	c := &Compiled{set: s, patterns: patterns{}}
	c.patterns.add(s)
	return c
}

// Parse is [Set.Parse].
func (c *Compiled) Parse(raw map[string]any) (Values, Faults) {
	p := parser{patterns: c.patterns}
	values := p.set(c.set, raw, "")
	return values, p.faults
}

func (p patterns) add(s Set) {
	for i := range s {
		if text := s[i].Pattern; text != "" {
			p[text] = anchored(text)
		}
		p.add(s[i].Children)
	}
}

// anchored compiles a pattern so that the whole value must match; nil when it does not compile.
func anchored(pattern string) *regexp.Regexp {
	compiled, err := regexp.Compile(`\A(?:` + pattern + `)\z`)
	if err != nil {
		return nil
	}
	return compiled
}
