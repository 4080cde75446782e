package field

import "strings"

// Markdown is a table of the set for the documentation: key, label with what the field is for, type, whether it is required, default. Fields of
// rows and groups follow their parent as "lines[].amount" and "customer.email". Secrets are marked and no value of theirs is shown.
func (s Set) Markdown() string {
	var out strings.Builder
	out.WriteString("| Field | What it is | Type | Required | Default |\n|---|---|---|---|---|\n")
	s.rows(&out, "")
	return out.String()
}

func (s Set) rows(out *strings.Builder, path string) {
	for _, f := range s {
		cells := []string{code(path + f.Key), f.meaning(), f.typeText(), f.requiredText(), ""}
		if f.Default != "" && !f.Secret {
			cells[4] = code(f.Default)
		}
		out.WriteString("| " + strings.Join(cells, " | ") + " |\n")
		inside := path + f.Key + "."
		if f.Type == List {
			inside = path + f.Key + "[]."
		}
		f.Children.rows(out, inside)
	}
}

// meaning is the label and all that a person should know of the field.
func (f *Field) meaning() string {
	parts := []string{"**" + cell(f.Label) + "**"}
	if f.Help != "" {
		parts = append(parts, cell(f.Help))
	}
	if len(f.Options) > 0 {
		options := make([]string, len(f.Options))
		for i, option := range f.Options {
			options[i] = code(option.Value)
			if option.Label != "" {
				options[i] += " " + cell(option.Label)
			}
		}
		parts = append(parts, "One of: "+strings.Join(options, ", ")+".")
	}
	if on := f.DependsOn; on != nil {
		values := make([]string, len(on.Values))
		for i, value := range on.Values {
			values[i] = code(value)
		}
		parts = append(parts, "Only when "+code(on.Key)+" is "+strings.Join(values, " or ")+".")
	}
	if f.Example != "" && !f.Secret {
		parts = append(parts, "Example: "+code(f.Example)+".")
	}
	return strings.Join(parts, " ")
}

// typeText is the type with its bounds: "int, 1 to 90".
func (f *Field) typeText() string {
	text := string(f.Type)
	switch {
	case f.Min != "" && f.Max != "":
		text += ", " + f.Min + " to " + f.Max
	case f.Min != "":
		text += ", at least " + f.Min
	case f.Max != "":
		text += ", at most " + f.Max
	}
	if f.Secret {
		text += ", secret"
	}
	if f.Advanced {
		text += ", advanced"
	}
	return text
}

func (f *Field) requiredText() string {
	if f.Required {
		return "yes"
	}
	return ""
}

// cell makes a text fit for a cell of a Markdown table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\r\n", " ", "\n", " ", "<", "&lt;").Replace(strings.TrimSpace(text))
}

// code sets a text as code. A bar would end the cell even there.
func code(text string) string {
	text = strings.NewReplacer("|", `\|`, "\n", " ").Replace(text)
	if strings.Contains(text, "`") {
		return "`` " + text + " ``"
	}
	return "`" + text + "`"
}

// Keys is the names under which the set's texts are translated, each below prefix: "payday.days.label", "payday.days.help",
// "payday.kind.options.invoice". Texts that the set does not have are not among them.
func (s Set) Keys(prefix string) []string {
	if prefix != "" {
		prefix += "."
	}
	var keys []string
	for _, f := range s {
		at := prefix + f.Key
		if f.Label != "" {
			keys = append(keys, at+".label")
		}
		if f.Help != "" {
			keys = append(keys, at+".help")
		}
		for _, option := range f.Options {
			if option.Label != "" {
				keys = append(keys, at+".options."+option.Value)
			}
		}
		keys = append(keys, f.Children.Keys(at)...)
	}
	return keys
}
