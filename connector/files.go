package connector

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/sale"
)

// sample is an event in samples/TRIGGER.json or samples/TRIGGER-WHAT.json.
type sample struct {
	Type    string          `json:"type"`
	Object  string          `json:"object"`
	Version int64           `json:"version"`
	Sale    json.RawMessage `json:"sale"`
	Data    json.RawMessage `json:"data"`
}

// Samples are the events that stand in samples/ for a trigger, for setting up a connection before anything has happened: TRIGGER.json first, then
// TRIGGER-WHAT.json in the order of their names. A trigger without samples gives none.
func (c *Connector) Samples(trigger string) ([]tengi.Event, error) {
	if c.Files == nil {
		return nil, nil
	}
	names, err := fs.Glob(c.Files, "samples/*.json")
	if err != nil {
		return nil, fmt.Errorf("samples of %s: %w", c.Name, err)
	}
	sort.Strings(names)
	var first, more []tengi.Event
	for _, name := range names {
		key := strings.TrimSuffix(path.Base(name), ".json")
		if key != trigger && !strings.HasPrefix(key, trigger+"-") {
			continue
		}
		event, err := c.readSample(name)
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", name, c.Name, err)
		}
		if key == trigger {
			first = append(first, event)
		} else {
			more = append(more, event)
		}
	}
	return append(first, more...), nil
}

func (c *Connector) readSample(name string) (tengi.Event, error) {
	text, err := fs.ReadFile(c.Files, name)
	if err != nil {
		return tengi.Event{}, err
	}
	var s sample
	if err := json.Unmarshal(text, &s); err != nil {
		return tengi.Event{}, err
	}
	event := tengi.Event{Type: s.Type, Object: s.Object, Version: s.Version, Data: s.Data, Dedupe: name}
	if len(s.Sale) > 0 {
		sold, err := sale.Parse(s.Sale)
		if err != nil {
			return tengi.Event{}, err
		}
		event.Sale = &sold
	}
	return event, nil
}

// Texts are all texts of the connector that people read, in English, under the keys by which locale/LANGUAGE.json translates them:
//
//	summary
//	account.FIELD.label, account.FIELD.help, account.FIELD.options.VALUE
//	triggers.KEY.title, triggers.KEY.options.FIELD..., triggers.KEY.output.FIELD...
//	actions.KEY.title, actions.KEY.help, actions.KEY.input.FIELD...
//
// A locale file may also have the connector's title, where that is a word and not a name, and explains the connector's own errors: errors.CODE.title, a
// heading, and errors.CODE, what happened and what to do about it. English words for errors stand in locale/en.json. So do the warnings of a check,
// under names of their own, warnings.NAME, with {names} where something is filled in: they are recognised by their English words.
func (c *Connector) Texts() map[string]string {
	texts := map[string]string{}
	addText(texts, "summary", c.Summary)
	addSet(texts, "account", c.Auth.Fields)
	for _, trigger := range c.Triggers {
		at := "triggers." + trigger.Key
		addText(texts, at+".title", trigger.Title)
		addSet(texts, at+".options", trigger.Options)
		addSet(texts, at+".output", trigger.Output)
	}
	for _, action := range c.Actions {
		at := "actions." + action.Key
		addText(texts, at+".title", action.Title)
		addText(texts, at+".help", action.Help)
		addSet(texts, at+".input", action.Input)
	}
	return texts
}

func addText(texts map[string]string, key, text string) {
	if text != "" {
		texts[key] = text
	}
}

// addSet adds the texts that [field.Set.Keys] names.
func addSet(texts map[string]string, prefix string, fields field.Set) {
	for _, f := range fields {
		at := prefix + "." + f.Key
		addText(texts, at+".label", f.Label)
		addText(texts, at+".help", f.Help)
		for _, option := range f.Options {
			addText(texts, at+".options."+option.Value, option.Label)
		}
		addSet(texts, at, f.Children)
	}
}
