package guide

import (
	"strings"
	"testing"

	"github.com/tengi/tengi/connectors"
)

func TestRender(t *testing.T) {
	t.Parallel()
	const source = "# Books\n\nBooks & more. <script>alert(1)</script>\n\n## Connect *it*\n\n1. Open [Books](https://books.example/?a=1&b=2) or [this](javascript:alert(1)).\n2. Paste `{{ webhook_url }}` there, `{{ sale.total }}` as it is.\n\n" +
		"<div onclick=\"x()\">raw</div>\n\n## Else\n\n| a | b |\n|---|---|\n| 1 | `2` |\n\n![p](https://elsewhere.example/p.png)\n"
	g, err := render([]byte(source), Own{Webhook: "https://t.example/hooks/a&b", Copy: "Copy", Copied: "Copied"})
	if err != nil {
		t.Fatal(err)
	}
	if g.Title != "Books" || len(g.Sections) != 2 || g.Sections[0].Title != "Connect it" || !g.Sections[0].Webhook || g.Sections[1].Webhook {
		t.Errorf("the guide is cut into %+v", g)
	}
	all := g.Intro + g.Sections[0].HTML + g.Sections[1].HTML
	for _, want := range []string{"Books &amp; more", `<a href="https://books.example/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">Books</a>`, "or this.", "<ol>", "<table>",
		`<code dir="ltr" id="own-1">https://t.example/hooks/a&amp;b</code> <button type="button" class="btn btn-sm" data-copy="own-1" data-copied="Copied">Copy</button>`,
		`<code dir="ltr">{{ sale.total }}</code>`} {
		if !strings.Contains(all, want) {
			t.Errorf("it lacks %s:\n%s", want, all)
		}
	}
	for _, bad := range []string{"<script", "javascript:", "onclick", "<img", "elsewhere.example"} {
		if strings.Contains(all, bad) {
			t.Errorf("it has %s:\n%s", bad, all)
		}
	}
	if g, err = render([]byte("## A\n\n`{{ webhook_url }}`"), Own{NoWebhook: "the account's <address>"}); err != nil || !strings.Contains(g.Sections[0].HTML, "<em>the account&#39;s &lt;address&gt;</em>") {
		t.Errorf("without an address: %+v, %v", g, err)
	}
}

// Every guide of every connector, in each of its languages, is a page with sections, and no mark is left in it.
func TestGuides(t *testing.T) {
	t.Parallel()
	for _, c := range connectors.All() {
		for _, language := range []string{"en", "is", "uk", "he", "pl"} {
			g, ok, err := Of(c, language, Own{Webhook: "https://t.example/hooks/token"})
			if err != nil || !ok || g.Title == "" || g.Intro == "" || len(g.Sections) < 3 {
				t.Errorf("%s in %s: %t, %v, %d sections, title %q", c.Name, language, ok, err, len(g.Sections), g.Title)
				continue
			}
			hooks := 0
			for _, s := range g.Sections {
				if s.Title == "" || s.HTML == "" || strings.Contains(s.HTML, "webhook_url") {
					t.Errorf("%s in %s: section %q: %s", c.Name, language, s.Title, s.HTML)
				}
				if s.Webhook {
					hooks++
				}
			}
			if c.Receive != nil && hooks == 0 {
				t.Errorf("%s in %s takes notices and does not say where its address goes", c.Name, language)
			}
		}
	}
}
