package web

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/tengi/tengi/store"
)

// What was made is listed with its sale and its sum, leads to its story, and can be taken away as a file.
func TestDocuments(t *testing.T) {
	t.Parallel()
	tr := newTrade(t, nil)
	path := "/w/" + tr.hub.Engine.Workspaces()[0].Key + "/documents"
	tr.sees(tr.get(path), "No documents yet")
	tr.notice(order("A1", "24900", 1))
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
	tr.sees(tr.get(story), "Everything made for this sale", "ISK 24,900", "Undo this document")
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

// A document is undone after a look at what that sends: nothing before it is asked for, once then, and its sale's documents tell of it.
func TestDocumentUndo(t *testing.T) {
	t.Parallel()
	tr := newTrade(t, nil)
	e, _ := tr.notice(order("A1", "24900", 1))
	list, err := tr.hub.Store.Documents(t.Context(), store.DocumentFilter{WorkspaceID: tr.hub.Engine.Workspaces()[0].ID})
	if err != nil || len(list) != 1 {
		t.Fatalf("%v %v", list, err)
	}
	path := "/w/" + tr.hub.Engine.Workspaces()[0].Key + "/documents/" + strconv.FormatInt(list[0].ID, 10)
	page := tr.get(path)
	tr.sees(page, "This is what would be sent", "a new document is made", "Undo it now", "Request")
	if n := tr.books.Count("cancelled"); n != 0 {
		t.Fatalf("looking at it undid %d", n)
	}
	owner := tr.http
	tr.http = tr.person("viewer@fjord.example", store.Viewer)
	if a := tr.post(path + "/undo"); a.status != http.StatusForbidden {
		t.Errorf("a viewer undid it: %d", a.status)
	}
	if page := tr.get(path); strings.Contains(textOf(page.doc), "Undo it now") {
		t.Error("a viewer is offered to undo it")
	}
	tr.http = owner
	if a := tr.post(path + "/undo"); a.to() != path {
		t.Fatalf("undoing: %d %s", a.status, textOf(a.doc))
	}
	tr.rest(e.ID)
	if n := tr.books.Count("cancelled"); n != 1 {
		t.Errorf("%d were cancelled", n)
	}
	tr.sees(tr.get(path), "undone", "Credit note")
	if a := tr.post(path + "/undo"); a.to() != path {
		t.Errorf("undoing twice: %d", a.status)
	}
	tr.sees(tr.get(path), "It has been undone")
	if n := tr.books.Count("cancelled"); n != 1 {
		t.Errorf("%d were cancelled", n)
	}
}
