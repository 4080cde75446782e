package locale

// operatorKeys are the keys of the operators, whose names are signs.
var operatorKeys = map[string]string{
	"+ - * / %": "arithmetic", "== != < <= > >=": "comparison", "and or not": "logic", "? :": "choice", "??": "missing", "|": "pipe",
	"[ ]": "index", "{ }": "literal",
}

// FunctionHelp says what a function or operator of expressions does; english is what it says itself.
func (p *Printer) FunctionHelp(name, english string) string {
	if key, ok := operatorKeys[name]; ok {
		name = key
	}
	return p.or("function."+name, english)
}

// FunctionGroup names a group of functions, which is given in English.
func (p *Printer) FunctionGroup(english string) string {
	return p.or("function.group."+headingKey(english), english)
}

// or is a text of the reader's language, or another when there is none.
func (p *Printer) or(key, other string) string {
	if text, err := p.catalog.say(key, nil, nil); err == nil {
		return text
	}
	return other
}
