package locale

import (
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/sale"
)

// SaleFields is what a sale consists of, in the reader's language.
func (p *Printer) SaleFields() field.Set {
	return translate(sale.Fields, "sale", func(key, _ string) string { return p.say(key, nil, nil) })
}

// translate is a copy of a set with its texts as the lookup has them, which is given the keys that [field.Set.Keys] names and the English texts.
func translate(set field.Set, prefix string, lookup func(key, english string) string) field.Set {
	if set == nil {
		return nil
	}
	said := func(key, english string) string {
		if english == "" {
			return ""
		}
		return lookup(key, english)
	}
	own := make(field.Set, len(set))
	for i, f := range set {
		at := prefix + "." + f.Key
		f.Label, f.Help = said(at+".label", f.Label), said(at+".help", f.Help)
		if f.Options != nil {
			options := make([]field.Option, len(f.Options))
			for i, option := range f.Options {
				options[i] = field.Option{Value: option.Value, Label: said(at+".options."+option.Value, option.Label)}
			}
			f.Options = options
		}
		f.Children = translate(f.Children, at, lookup)
		own[i] = f
	}
	return own
}
