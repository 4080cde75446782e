package web

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
)

// What was made is listed with its sale and its sum, leads to its story, and can be taken away as a file.
func TestDocuments(t *testing.T) {
	t.Parallel()
	tr := newTrade(t, nil)
	path := "/w/" + tr.hub.Engine.Workspaces()[0].Key + "/documents"
	tr.sees(tr.get(path), "No documents yet")
	e, _ := tr.notice(order("A1", "24900", 1))
	tr.notice(order("A2", "1000", 1))
	page := tr.get(path)
	tr.sees(page, "Invoice", "ISK 24,900", "ISK 1,000", "Download as CSV")
	first := all(page.doc, "a", "", "")
	story := ""
	for _, a := range first {
		if strings.HasPrefix(attr(a, "href"), path+"/") && !strings.HasSuffix(attr(a, "href"), "csv") {
			story = attr(a, "href") // the last is of the first order
		}
	}
	if a := tr.get(story); a.to() != eventPath(e) {
		t.Errorf("%s leads to %q, wanted %s", story, a.to(), eventPath(e))
	}
	tr.sees(tr.get(path+"?kind=credit_note"), "No documents yet")
	file := tr.get(path + "/csv")
	rows, err := csv.NewReader(strings.NewReader(file.body)).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][6] != "1000" || rows[2][6] != "24900" || rows[1][7] != "ISK" {
		t.Errorf("the file: %v %v", rows, err)
	}
	if a := tr.get(path + "/99999999"); a.status != http.StatusNotFound {
		t.Errorf("a document that is not there: %d", a.status)
	}
	for cell, want := range map[string]string{"=1+1": "'=1+1", "-5": "-5", "-5+cmd": "'-5+cmd", "@x": "'@x", "Anna": "Anna", "": ""} {
		if got := harmless(cell); got != want {
			t.Errorf("harmless(%q) = %q, want %q", cell, got, want)
		}
	}
}
