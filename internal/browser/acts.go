package browser

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/chromedp/chromedp"
)

// Go opens an address.
func (tab *Tab) Go(address string) {
	tab.t.Helper()
	tab.do(chromedp.Navigate(address), chromedp.WaitReady("body"))
}

// Press clicks what a person would: the button, link, tab or switch with this word, the first that is visible. It waits for it to be there.
func (tab *Tab) Press(word string) {
	tab.t.Helper()
	tab.act("press", word, `
		const wanted = %s.toLowerCase();
		const shown = (e) => e.checkVisibility() && !e.disabled;
		const said = (e) => (e.getAttribute("aria-label") || e.innerText || e.value || "").trim().replace(/\s+/g, " ").toLowerCase();
		const all = [...document.querySelectorAll("button, a[href], summary, input[type=submit], [role=button], label")].filter(shown);
		const found = all.find((e) => said(e) === wanted) || all.find((e) => said(e).startsWith(wanted));
		if (!found) return false;
		found.scrollIntoView({block: "center"});
		found.click();
		return true;`, word)
}

// Follow presses and waits for the page that comes of it.
func (tab *Tab) Follow(word string) {
	tab.t.Helper()
	tab.Run(`window.beforeFollow = true`, nil)
	tab.Press(word)
	tab.act("come to another page by", word, `return !window.beforeFollow && document.readyState === "complete" && !!%s;`, word)
}

// Write writes into the field with this label, in place of what stands in it.
func (tab *Tab) Write(label, value string) {
	tab.t.Helper()
	tab.act("write into", label, findField+`
		if (!field) return false;
		field.focus();
		if (field.tagName === "SELECT") {
			const option = [...field.options].find((o) => o.text.trim() === value || o.value === value);
			if (!option) return false;
			field.value = option.value;
		} else {
			field.value = value;
		}
		field.dispatchEvent(new Event("input", {bubbles: true}));
		field.dispatchEvent(new Event("change", {bubbles: true}));
		return true;`, label, value)
}

// Value is what stands in the field with this label.
func (tab *Tab) Value(label string) (value string) {
	tab.t.Helper()
	script := fmt.Sprintf(`(() => { const args = %s; const wanted = args[0].toLowerCase(), value = ""; %s return field ? field.value : ""; })()`, quote([]any{label}), findFieldBody)
	tab.do(chromedp.Evaluate(script, &value))
	return value
}

const findFieldBody = `
		const named = (e) => (e.getAttribute("aria-label") || "").trim().toLowerCase();
		const text = (l) => l.innerText.replace(/\*/g, "").trim().replace(/\s+/g, " ").toLowerCase();
		const shown = (e) => e.checkVisibility();
		const labels = [...document.querySelectorAll("label")].filter(shown);
		const label = labels.find((l) => text(l) === wanted) || labels.find((l) => text(l).startsWith(wanted));
		const field = label ? label.control : [...document.querySelectorAll("input, select, textarea")].filter(shown).find((e) => named(e) === wanted);`

const findField = `
		const wanted = %s.toLowerCase(), value = %s;` + findFieldBody

// act runs a script until it says that it has done its work. Its arguments stand in it as JSON.
func (tab *Tab) act(what, name, script string, args ...string) {
	tab.t.Helper()
	quoted := make([]any, len(args))
	for i, a := range args {
		quoted[i] = quote(a)
	}
	// Polling needs no time of our own: the page itself asks at each frame it draws.
	poll := chromedp.PollFunction("() => {"+fmt.Sprintf(script, quoted...)+"}", nil, chromedp.WithPollingTimeout(patience))
	err := tab.try(poll)
	for range 5 { // a page that goes away while it is asked says so, and the next one is asked
		if err == nil || !strings.Contains(err.Error(), "(-32000)") {
			break
		}
		err = tab.try(chromedp.WaitReady("body"), poll)
	}
	if err != nil {
		tab.t.Fatalf("cannot %s %q at %s: %v\n%s", what, name, tab.address(), err, tab.words())
	}
}

// quote writes a value as JavaScript has it.
func quote(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // texts and lists of texts can always be written
	}
	return string(text)
}

// Sees waits until the page says all of it.
func (tab *Tab) Sees(texts ...string) {
	tab.t.Helper()
	for _, text := range texts {
		tab.act("see", text, `return document.body.innerText.replace(/\s+/g, " ").includes(%s);`, strings.Join(strings.Fields(text), " "))
	}
}

// At waits until the address has this in it.
func (tab *Tab) At(part string) {
	tab.t.Helper()
	tab.act("be at", part, `return location.href.includes(%s);`, part)
}

// Text is what a reader sees of the page.
func (tab *Tab) Text() (text string) {
	tab.t.Helper()
	tab.do(chromedp.Evaluate(`document.body.innerText`, &text))
	return text
}

// Run evaluates a script in the page and reads its value; into may be nil.
func (tab *Tab) Run(script string, into any) {
	tab.t.Helper()
	tab.do(chromedp.Evaluate(script, into))
}
