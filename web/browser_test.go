package web

import (
	"testing"

	"github.com/tengi/tengi/hub"
	"github.com/tengi/tengi/internal/browser"
	"github.com/tengi/tengi/web/assets"
)

func TestMain(m *testing.M) { browser.Main(m) }

// dressed is a site as people see it, with styles and scripts.
func dressed(t *testing.T, change func(*hub.Config)) *site {
	t.Helper()
	set, err := assets.Open()
	if err != nil {
		t.Fatalf("%v: run `make assets`", err)
	}
	return openSite(t, set, change)
}

// looks are the ways a page is looked at: its language, light or dark, and the size of the window.
var looks = []struct {
	name     string
	language string
	dark     bool
	size     browser.Size
}{
	{"en-light", "English", false, browser.Desktop},
	{"en-dark", "English", true, browser.Desktop},
	{"he-light-phone", "עברית", false, browser.Phone},
	{"he-dark", "עברית", true, browser.Desktop},
	{"en-light-phone", "English", false, browser.Phone},
}

// The first owner begins as a person would, and everybody can use the pages for it.
func TestBrowserBegins(t *testing.T) {
	t.Parallel()
	s := dressed(t, nil)
	welcome, err := s.app.Welcome(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tab := browser.Open(t, welcome)
	for _, look := range looks {
		tab.Resize(look.size)
		tab.Dark(look.dark)
		tab.Run(`document.querySelector("details.menu summary").click()`, nil)
		tab.Follow(look.language)
		tab.Accessible("..", "first "+look.name)
		tab.Picture("first/" + look.name)
	}
	tab.Resize(browser.Desktop)
	tab.Write("Your name", "Guðrún Jónsdóttir")
	tab.Write("E-mail address", ownerEmail)
	tab.Write("New password", ownerPassword)
	tab.Write("Name of the business", "Fjörður Tours")
	tab.Write("Country", "Iceland")
	tab.Write("Currency", "ISK")
	tab.Write("Time zone", "Atlantic/Reykjavik")
	tab.Follow("Begin")
	tab.At("/w/fjordur-tours")
	tab.Go(s.base + "/you")
	tab.Sees("Your profile")
	if name := tab.Value("Your name"); name != "Guðrún Jónsdóttir" {
		t.Errorf("the name is %q", name)
	}
	tab.Accessible("..", "profile")
	tab.Picture("you/en-light")
}
