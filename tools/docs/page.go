package main

import (
	"fmt"
	"strings"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// page is everything a connector says of itself.
func page(c *connector.Connector) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- Written by `make generate` from connectors/%s. -->\n\n# %s\n\n%s\n\n", c.Name, c.Title, c.Summary)
	if links := guideLinks(c, "../../"); links != "" {
		fmt.Fprintf(&b, "How to set it up: %s.\n\n", links)
	}
	fmt.Fprintf(&b, "## Account\n\nIn configuration files: `connector: %s`.\n\n", c.Name)
	fields(&b, c.AccountFields())
	if c.Auth.Check == nil {
		b.WriteString("There is nothing to check the account by.\n\n")
	}
	if text := limits(c); text != "" {
		fmt.Fprintf(&b, "%s\n\n", text)
	}
	for _, t := range c.Triggers {
		trigger(&b, c, t)
	}
	for _, a := range c.Actions {
		action(&b, a)
	}
	return []byte(strings.TrimRight(b.String(), "\n") + "\n")
}

func trigger(b *strings.Builder, c *connector.Connector, t connector.Trigger) {
	fmt.Fprintf(b, "## Trigger `%s`: %s\n\n", t.Key, t.Title)
	fmt.Fprintf(b, "Events: `%s`. %s\n\n", strings.Join(t.Types, "`, `"), means(c, t))
	if len(t.Options) > 0 {
		b.WriteString("### Options of the source\n\n")
		fields(b, t.Options)
	}
	if t.Sale {
		b.WriteString("Its events carry a sale: `sale.reference`, `sale.customer`, `sale.lines`, `sale.total` and so on.\n\n")
	}
	if len(t.Output) > 0 {
		b.WriteString("### What its events carry in `data`\n\n")
		fields(b, t.Output)
	}
}

// means says how a trigger learns of things.
func means(c *connector.Connector, t connector.Trigger) string {
	var ways []string
	if c.Receive != nil {
		ways = append(ways, "at once, by a notice to the account's address")
	}
	if t.Poll != nil {
		ways = append(ways, "by asking, as often as the connection's schedule says")
	}
	if len(ways) == 0 {
		return ""
	}
	return "Learned " + strings.Join(ways, ", and ") + "."
}

func action(b *strings.Builder, a connector.Action) {
	fmt.Fprintf(b, "## Action `%s`: %s\n\n%s\n\n", a.Key, a.Title, a.Help)
	fmt.Fprintf(b, "Makes: `%s`. ", a.Makes)
	if a.Undo != nil {
		b.WriteString("It can be undone.")
	} else {
		b.WriteString("Undoing it is a person's.")
	}
	b.WriteString("\n\n")
	fields(b, a.Input)
	fmt.Fprintf(b, "**How a repeat is prevented.** %s\n\n", a.Recovery)
}

// fields is the table of a set.
func fields(b *strings.Builder, s field.Set) {
	if len(s) == 0 {
		return
	}
	b.WriteString(strings.TrimRight(s.Markdown(), "\n"))
	b.WriteString("\n\n")
}

// limits says how hard the service is asked.
func limits(c *connector.Connector) string {
	var parts []string
	if c.Limits.Every > 0 {
		parts = append(parts, fmt.Sprintf("one request in %s on average", c.Limits.Every))
	}
	if c.Limits.Burst > 1 {
		parts = append(parts, fmt.Sprintf("at most %d at once", c.Limits.Burst))
	}
	if c.Limits.InFlight > 0 {
		parts = append(parts, fmt.Sprintf("deliveries at the same time: %d", c.Limits.InFlight))
	}
	if len(parts) == 0 {
		return ""
	}
	return "Pace for each account: " + strings.Join(parts, ", ") + "."
}

// names are how the languages call themselves.
func names() map[string]string {
	return map[string]string{"en": "English", "he": "עברית", "is": "íslenska", "pl": "polski", "uk": "українська"}
}

// guideLinks are links to a connector's guides; up leads from the page to the repository's root.
func guideLinks(c *connector.Connector, up string) string {
	var links []string
	for _, file := range guides(c) {
		links = append(links, fmt.Sprintf("[%s](%sconnectors/%s/%s)", names()[language(file)], up, c.Name, file))
	}
	return strings.Join(links, ", ")
}

// table lists all services with what each can do.
func table(all []*connector.Connector) []byte {
	var b strings.Builder
	b.WriteString("| service | reports | does | set-up guide |\n|---|---|---|---|\n")
	for _, c := range all {
		var reports, does []string
		for _, t := range c.Triggers {
			reports = append(reports, t.Title)
		}
		for _, a := range c.Actions {
			text := a.Title
			if a.Undo != nil {
				text += " (can be undone)"
			}
			does = append(does, text)
		}
		fmt.Fprintf(&b, "| [%s](%s) | %s | %s | %s |\n", c.Title, folder+"/"+c.Name+ext, cell(reports), cell(does), guideLinks(c, ""))
	}
	return []byte(b.String())
}

func cell(texts []string) string { return strings.ReplaceAll(strings.Join(texts, "; "), "|", `\|`) }
