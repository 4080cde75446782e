package locale

import "slices"

// Cause is why something waits for a person, is tried again or was skipped, in the words of whoever runs the business.
type Cause struct {
	Title string // short, the heading of a group: "Totals differ"
	What  string // what happened
	Todo  string // what to do about it; empty when What says that as well
}

// Cause explains a code that Tengi itself gives. message is what stands with the delivery, in English: of a code that nobody has words for
// it is all there is to say.
func (p *Printer) Cause(code, message string) Cause {
	if !slices.Contains(causes, code) {
		return Cause{Title: p.Text("cause.other.title"), What: message, Todo: p.Text("cause.other.todo")}
	}
	at := "cause." + code
	return Cause{Title: p.say(at+".title", nil, nil), What: p.say(at+".what", nil, nil), Todo: p.say(at+".todo", nil, nil)}
}

// Cause explains a code that the connector gives, or that Tengi gives of it.
func (c Connector) Cause(code, message string) Cause {
	own := Cause{Title: c.text("errors."+code+".title", ""), What: c.text("errors."+code, "")}
	if own.Title == "" {
		return c.printer.Cause(code, message)
	}
	return own
}
