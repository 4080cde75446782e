package browser

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// axeFile is where npm puts axe-core, from the root of the repository.
const axeFile = "web/assets/node_modules/axe-core/axe.min.js"

// Accessible fails the test for each rule of axe-core (WCAG 2.2 A and AA, and best practices) that the page breaks. root is the repository's folder.
func (tab *Tab) Accessible(root, name string) {
	tab.t.Helper()
	axe, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(axeFile)))
	if err != nil {
		tab.t.Fatalf("axe-core is not there, run `make assets`: %v", err)
	}
	var broken []struct {
		ID    string `json:"id"`
		Help  string `json:"help"`
		Nodes []struct {
			HTML    string `json:"html"`
			Summary string `json:"failureSummary"`
		} `json:"nodes"`
	}
	const ask = `axe.run(document, {resultTypes: ["violations"]}).then((r) => r.violations.map((v) => ({id: v.id, help: v.help, nodes: v.nodes.slice(0, 5).map((n) => ({html: n.html.slice(0, 300), failureSummary: n.failureSummary}))})))`
	tab.do(chromedp.Evaluate(string(axe), nil), chromedp.Evaluate(ask, &broken, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	for _, rule := range broken {
		for _, node := range rule.Nodes {
			tab.t.Errorf("%s: %s (%s)\n%s\n%s", name, rule.Help, rule.ID, node.HTML, strings.TrimSpace(node.Summary))
		}
	}
}
