package locale

import (
	"encoding/json"
	"fmt"
	"io/fs"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// Connector is a connector as the reader sees it. English stands in the connector itself, other languages in its folder, locale/LANGUAGE.json; what
// is missing there is English.
type Connector struct {
	printer *Printer
	of      *connector.Connector
	english map[string]string
	own     map[string]string
}

// Connector gives a connector's texts.
func (p *Printer) Connector(c *connector.Connector) Connector {
	return Connector{printer: p, of: c, english: catalogs[English].connector(c), own: p.catalog.connector(c)}
}

// connector is the content of a connector's file for the language, read once. A connector's own test sees to it that it can be read.
func (c *catalog) connector(of *connector.Connector) map[string]string {
	if known, ok := c.connectors.Load(of); ok {
		return known.(map[string]string)
	}
	all := map[string]string{}
	if of.Files != nil {
		if text, err := fs.ReadFile(of.Files, fmt.Sprintf("locale/%s.json", c.Code)); err == nil {
			_ = json.Unmarshal(text, &all)
		}
	}
	c.connectors.Store(of, all)
	return all
}

// text finds a text; english is what stands in the connector.
func (c Connector) text(key, english string) string {
	for _, texts := range []map[string]string{c.own, c.english} {
		if text, ok := texts[key]; ok {
			return text
		}
	}
	return english
}

// Title is the name of the service or, of a connector to none in particular, what it is: "Payday", "Form".
func (c Connector) Title() string { return c.text("title", c.of.Title) }

// Summary says in a sentence what the connector does here.
func (c Connector) Summary() string { return c.text("summary", c.of.Summary) }

// TriggerTitle names a trigger.
func (c Connector) TriggerTitle(key string) string {
	if trigger, ok := c.of.Trigger(key); ok {
		return c.text("triggers."+key+".title", trigger.Title)
	}
	return key
}

// ActionTitle names an action.
func (c Connector) ActionTitle(key string) string {
	if action, ok := c.of.Action(key); ok {
		return c.text("actions."+key+".title", action.Title)
	}
	return key
}

// ActionHelp says what an action does; it may be empty.
func (c Connector) ActionHelp(key string) string {
	if action, ok := c.of.Action(key); ok && action.Help != "" {
		return c.text("actions."+key+".help", action.Help)
	}
	return ""
}

// AccountFields are the fields of an account at the connector, with the one that every connector has.
func (c Connector) AccountFields() field.Set {
	fields := c.of.AccountFields()
	last := len(fields) - 1
	own := translate(fields[:last], "account", c.text)
	address := fields[last]
	address.Label, address.Help = c.printer.Text("connector.base_url.label"), c.printer.Text("connector.base_url.help")
	return append(own, address)
}

// TriggerOptions are the settings of a source; nil when there are none.
func (c Connector) TriggerOptions(key string) field.Set {
	if trigger, ok := c.of.Trigger(key); ok {
		return translate(trigger.Options, "triggers."+key+".options", c.text)
	}
	return nil
}

// TriggerOutput is what the trigger's events carry beside the sale.
func (c Connector) TriggerOutput(key string) field.Set {
	if trigger, ok := c.of.Trigger(key); ok {
		return translate(trigger.Output, "triggers."+key+".output", c.text)
	}
	return nil
}

// ActionInput are the fields that a step fills.
func (c Connector) ActionInput(key string) field.Set {
	if action, ok := c.of.Action(key); ok {
		return translate(action.Input, "actions."+key+".input", c.text)
	}
	return nil
}
