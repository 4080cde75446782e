// Package guide reads the guides of connectors, setup.md and its translations, and turns them into parts of a page: each heading a section, with the
// workspace's own addresses in the places for them. What a guide says is text: HTML in it is left out, and links lead to the web or to mail only.
package guide

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"io/fs"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/tengi/tengi/connector"
)

// English is the language that every guide has.
const English = "en"

// Guide is a guide in one language.
type Guide struct {
	Language string // the one it was found in
	Title    string
	Intro    string // HTML
	Sections []Section
}

// Section is what stands under one heading.
type Section struct {
	ID      string // for links to it: "s2"
	Title   string
	HTML    string
	Webhook bool // it says where the webhook address goes
}

// Own are a workspace's own addresses and the words around them.
type Own struct {
	Webhook      string // the address of the account; empty = none is chosen
	NoWebhook    string // what stands in its place then
	Copy, Copied string // what the button beside an address says, and what is said when it was pressed
}

// webhookMark is what a guide writes where the address belongs.
const webhookMark = "{{ webhook_url }}"

// Of is the connector's guide in the language, or in English where it has none. ok is false when there is no guide at all.
func Of(c *connector.Connector, language string, own Own) (g Guide, ok bool, err error) {
	if c.Files == nil {
		return Guide{}, false, nil
	}
	for _, try := range []struct{ language, file string }{{language, "setup." + language + ".md"}, {English, "setup.md"}} {
		source, err := fs.ReadFile(c.Files, try.file)
		if err != nil {
			continue // not every guide is translated
		}
		g, err := render(source, own)
		if err != nil {
			return Guide{}, false, fmt.Errorf("guide of %s: %w", c.Name, err)
		}
		g.Language = try.language
		return g, true, nil
	}
	return Guide{}, false, nil
}

// render cuts a guide at its headings of the second level.
func render(source []byte, own Own) (Guide, error) {
	w := &writing{own: own}
	md := goldmark.New(goldmark.WithExtensions(extension.Table), goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(w, 100))))
	doc := md.Parser().Parse(text.NewReader(source))
	var g Guide
	var into bytes.Buffer
	section := -1 // before the first one
	end := func() {
		if section < 0 {
			g.Intro = into.String()
		} else {
			g.Sections[section].HTML, g.Sections[section].Webhook = into.String(), w.seen
		}
		into.Reset()
		w.seen = false
	}
	for node := doc.FirstChild(); node != nil; node = node.NextSibling() {
		heading, isHeading := node.(*ast.Heading)
		switch {
		case isHeading && heading.Level == 1:
			g.Title = plain(node, source)
		case isHeading && heading.Level == 2:
			end()
			section++
			g.Sections = append(g.Sections, Section{ID: fmt.Sprintf("s%d", section+1), Title: plain(node, source)})
		default:
			if err := md.Renderer().Render(&into, source, node); err != nil {
				return Guide{}, err
			}
		}
	}
	end()
	return g, nil
}

// plain is the text of a heading without its marks.
func plain(node ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(node, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the walk itself does not fail
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Value(source))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// writing writes the parts of a guide in which it differs from any other text.
type writing struct {
	own  Own
	seen bool // the section has the place of the webhook address
	n    int  // how many addresses were written, for their ids
}

// RegisterFuncs is how goldmark asks what is written otherwise.
func (w *writing) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindCodeSpan, w.code)
	r.Register(ast.KindCodeBlock, w.block)
	r.Register(ast.KindFencedCodeBlock, w.block)
	r.Register(ast.KindLink, w.link)
	r.Register(ast.KindAutoLink, w.autoLink)
	r.Register(ast.KindImage, func(util.BufWriter, []byte, ast.Node, bool) (ast.WalkStatus, error) { return ast.WalkSkipChildren, nil })
}

// code writes codes from left to right, and the webhook address in the place for it.
func (w *writing) code(out util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	said := plain(n, source)
	switch {
	case said != webhookMark:
		put(out, `<code dir="ltr">%s</code>`, said)
	case w.own.Webhook == "":
		w.seen = true
		put(out, `<em>%s</em>`, w.own.NoWebhook)
	default:
		w.seen = true
		id := w.id()
		put(out, `<code dir="ltr" id="%s">%s</code>`, id, w.own.Webhook)
		w.button(out, id)
	}
	return ast.WalkSkipChildren, nil
}

// block writes lines of code with the addresses in them, to be copied whole.
func (w *writing) block(out util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	said := string(n.Lines().Value(source))
	if strings.Contains(said, webhookMark) {
		w.seen = true
		said = strings.ReplaceAll(said, webhookMark, cmp.Or(w.own.Webhook, w.own.NoWebhook))
	}
	id := w.id()
	put(out, `<pre dir="ltr" tabindex="0"><code id="%s">%s</code></pre>`, id, said)
	w.button(out, id)
	return ast.WalkSkipChildren, nil
}

// id is a new one for what can be copied.
func (w *writing) id() string {
	w.n++
	return fmt.Sprintf("own-%d", w.n)
}

// button copies what has the id.
func (w *writing) button(out util.BufWriter, id string) {
	put(out, ` <button type="button" class="btn btn-sm" data-copy="%s" data-copied="%s">%s</button>`, id, w.own.Copied, w.own.Copy)
}

// link writes a link that opens beside the guide, whose reader goes on with it. What leads neither to the web nor to mail is its words alone.
func (w *writing) link(out util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	to := string(n.(*ast.Link).Destination) //nolint:forcetypeassert // it is registered for links
	if !safe(to) {
		return ast.WalkContinue, nil
	}
	if entering {
		put(out, `<a href="%s" target="_blank" rel="noopener noreferrer">`, to)
	} else {
		put(out, `</a>`)
	}
	return ast.WalkContinue, nil
}

func (w *writing) autoLink(out util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	link := n.(*ast.AutoLink) //nolint:forcetypeassert // it is registered for these
	to, label := string(link.URL(source)), string(link.Label(source))
	if link.AutoLinkType == ast.AutoLinkEmail {
		to = "mailto:" + to
	}
	if entering && safe(to) {
		put(out, `<a href="%s" target="_blank" rel="noopener noreferrer" dir="ltr">%s</a>`, to, label)
	} else if entering {
		put(out, `%s`, label)
	}
	return ast.WalkContinue, nil
}

// safe says whether a link may be followed.
func safe(to string) bool {
	return strings.HasPrefix(to, "https://") || strings.HasPrefix(to, "http://") || strings.HasPrefix(to, "mailto:")
}

// put writes a form with texts in it, which are escaped.
func put(out util.BufWriter, form string, texts ...string) {
	escaped := make([]any, len(texts))
	for i, t := range texts {
		escaped[i] = html.EscapeString(t)
	}
	_, _ = fmt.Fprintf(out, form, escaped...) // into memory, which does not fail
}
