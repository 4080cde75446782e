package view

// TextInput is a field of one line, or of several when Rows is given.
type TextInput struct {
	Name, Label, Help, Value string
	Type                     string // text, email, password, number, date, url, tel; empty = text
	Required                 bool
	Wrong                    string // what is wrong with the value
	LTR                      bool   // a code, an address: from left to right in every language
	Complete                 string // what the browser may fill in: autocomplete
	Example                  string
	Suggestions              []string
	Rows                     int
	Mode                     string // which keys a phone offers: inputmode
}

// SelectInput is a choice among options.
type SelectInput struct {
	Name, Label, Help, Value string
	Options                  []Choice
	Empty                    string // the label of "none of them"; empty = one must be chosen
	Required                 bool
	Wrong                    string
}

// CheckInput is a switch.
type CheckInput struct {
	Name, Label, Help string
	On                bool
	Wrong             string
}

// inputType is the type attribute of a field.
func (i TextInput) inputType() string {
	if i.Type == "" {
		return "text"
	}
	return i.Type
}

// direction keeps codes and addresses from left to right.
func (i TextInput) direction() string {
	if i.LTR || i.Type == "email" || i.Type == "url" || i.Type == "tel" || i.Type == "password" {
		return "ltr"
	}
	return "auto"
}

// described lists the ids of the texts that belong to a field, for readers that speak.
func described(name, help, wrong string) string {
	ids := ""
	if help != "" {
		ids = name + "-help"
	}
	if wrong != "" {
		if ids != "" {
			ids += " "
		}
		ids += name + "-wrong"
	}
	return ids
}
