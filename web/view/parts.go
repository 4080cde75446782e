package view

import (
	"context"

	"github.com/a-h/templ"

	"github.com/tengi/tengi/web/assets"
)

// assetKey is under which the address of assets stands in the context of a drawing: icons are everywhere, and need nothing else of the page.
type assetKey struct{}

// With is the context in which a page is drawn.
func With(ctx context.Context, p *Page) context.Context {
	return context.WithValue(ctx, assetKey{}, p.Asset)
}

// iconURL is the address of an icon in the file of icons.
func iconURL(ctx context.Context, name string) string {
	address, ok := ctx.Value(assetKey{}).(func(string) string)
	if !ok {
		return assets.Prefix + "icons.svg#" + name
	}
	return address("icons.svg") + "#" + name
}

// stateTone is the colour of a state: green is done, yellow the clock's, red a person's.
func stateTone(state string) string {
	switch state {
	case "done":
		return "green"
	case "failed", "held", "unknown", "attention":
		return "red"
	case "retrying":
		return "yellow"
	case "waiting", "running":
		return "blue"
	default:
		return "secondary"
	}
}

// areaURL is where an entry of the navigation leads.
func areaURL(p *Page, e entry) templ.SafeURL {
	if e.path() == "" {
		return p.At()
	}
	return p.At(e.path())
}
