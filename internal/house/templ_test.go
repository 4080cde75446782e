package house

import (
	"errors"
	"fmt"
	"go/ast"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"
)

// readAloud are the attributes that people read or hear.
var readAloud = []string{"title", "aria-label", "aria-description", "aria-roledescription", "aria-valuetext", "placeholder", "alt", "label", "summary"}

// unspoken are the elements whose content is not language.
var unspoken = []string{"script", "style", "code", "kbd", "samp"}

// everywhere takes out the only word that is the same in every language.
var everywhere = strings.NewReplacer("Tengi", "")

// withoutScripts opens what a browser shows only without scripts, and the tokenizer would take for plain text.
var withoutScripts = strings.NewReplacer("<noscript>", "<div>", "</noscript>", "</div>")

// wordsIn finds what is language in a piece of HTML: its text and the attributes that are read aloud.
func wordsIn(markup string) (found []string) {
	say := func(where, text string) {
		if strings.ContainsFunc(everywhere.Replace(text), unicode.IsLetter) {
			found = append(found, fmt.Sprintf("%s: %q", where, strings.TrimSpace(text)))
		}
	}
	tokens := html.NewTokenizer(strings.NewReader(withoutScripts.Replace(markup)))
	quiet := 0
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			if err := tokens.Err(); !errors.Is(err, io.EOF) {
				found = append(found, err.Error())
			}
			return found
		}
		token := tokens.Token()
		switch kind {
		case html.TextToken:
			if quiet == 0 {
				say("text", token.Data)
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			for _, a := range token.Attr {
				if slices.Contains(readAloud, a.Key) || a.Key == "value" && token.Data == "input" && slices.ContainsFunc(token.Attr, isButton) {
					say(token.Data+" "+a.Key, a.Val)
				}
			}
			if kind == html.StartTagToken && slices.Contains(unspoken, token.Data) {
				quiet++
			}
		case html.EndTagToken:
			if slices.Contains(unspoken, token.Data) {
				quiet--
			}
		}
	}
}

// isButton says whether an input shows its value as a word.
func isButton(a html.Attribute) bool {
	return a.Key == "type" && (a.Val == "submit" || a.Val == "button" || a.Val == "reset")
}

// markup joins the constant parts of a component, as templ generates them; between them stands what is filled in.
func markup(f *ast.FuncDecl) (text string, spoken []string) {
	var b strings.Builder
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		switch {
		case sel.Sel.Name == "WriteString" && len(call.Args) == 3:
			if part, ok := literal(call.Args[2]); ok {
				b.WriteString(part)
			}
		case sel.Sel.Name == "JoinStringErrs" && len(call.Args) == 1:
			if part, ok := literal(call.Args[0]); ok {
				spoken = append(spoken, part)
			}
		}
		return true
	})
	return b.String(), spoken
}

// No component says anything by itself: all words come from the catalogs. Looked at is what templ generates, which has the very bytes that are sent.
func TestPagesSayNothingOfTheirOwn(t *testing.T) {
	t.Parallel()
	looked := false
	for _, s := range sources(t) {
		if !s.generated || !strings.HasSuffix(s.path, "_templ.go") {
			continue
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			text, spoken := markup(f)
			looked = looked || text != ""
			for _, found := range wordsIn(text) {
				t.Errorf("%s, %s: %s: put it into the catalogs of package locale", strings.Replace(s.path, "_templ.go", ".templ", 1), f.Name.Name, found)
			}
			for _, part := range spoken {
				if strings.ContainsFunc(everywhere.Replace(part), unicode.IsLetter) {
					t.Errorf("%s, %s: %q: put it into the catalogs of package locale", strings.Replace(s.path, "_templ.go", ".templ", 1), f.Name.Name, part)
				}
			}
		}
	}
	if !looked {
		t.Error("no component was found: this test would pass without looking at anything")
	}
}

func TestWordsIn(t *testing.T) {
	t.Parallel()
	for markup, want := range map[string]int{
		`<p>Save</p>`:                                 1,
		`<p> — 1 · → </p>`:                            0,
		`<h1>Tengi</h1>`:                              0,
		`<p title="Help"></p>`:                        1,
		`<p title="" class="Help" id="x"></p>`:        0,
		`<input placeholder="Name"/>`:                 1,
		`<input value="yes" type="hidden"/>`:          0,
		`<input value="Send" type="submit"/>`:         1,
		`<code>POST</code><kbd>Esc</kbd>`:             0,
		`<code>POST</code>now`:                        1,
		`<svg aria-label="Up"><path d="M0 0"/></svg>`: 1,
		`<style>a{color:red}</style>`:                 0,
		`<noscript><a class="btn">Go</a></noscript>`:  1,
		`<p>Сохранить`:                                1,
	} {
		if got := wordsIn(markup); len(got) != want {
			t.Errorf("%s: found %q, want %d", markup, got, want)
		}
	}
}
