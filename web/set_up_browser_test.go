package web

import (
	"testing"

	"github.com/tengi/tengi/internal/browser"
)

// Everybody can use the pages on which a business is set up, in every look.
func TestBrowserSetUp(t *testing.T) {
	t.Parallel()
	s, at := dressed(t, nil), newStands(t)
	s.begin()
	s.setUp(at, bookings)
	s.post(here + "/accounts/bokun/check")
	s.post(here+"/connect/payday", append(at.login(t, "payday", map[string]string{"client_secret": "not the secret"}), "name", "Old books")...)
	s.post(here+"/settings/people", "name", "Jón", "email", "jon@fjord.example", "role", "manager")
	s.post(here+"/settings/keys", "name", "Bookkeeping script", "role", "viewer")
	tab := browser.Open(t, s.base+"/signin")
	tab.Write("E-mail address", ownerEmail)
	tab.Write("Password", ownerPassword)
	tab.Follow("Sign in")
	for _, page := range []struct{ name, path string }{
		{"accounts", "/accounts"}, {"account", "/accounts/bokun"}, {"account-refused", "/accounts/old-books"}, {"connect", "/connect"}, {"connect-form", "/connect/form"},
		{"connect-payday", "/connect/payday"}, {"guides", "/guides"}, {"guide", "/guides/bokun"}, {"recipe", "/guides/recipes/paypal-caspit"},
		{"settings", "/settings"}, {"people", "/settings/people"}, {"keys", "/settings/keys"}, {"backup", "/settings/backup"}, {"log", "/settings/log"},
	} {
		for _, look := range looks {
			tab.Resize(look.size)
			tab.Dark(look.dark)
			tab.Go(s.base + here + page.path)
			tab.Run(`document.querySelector("details.menu summary").click()`, nil)
			tab.Follow(look.language)
			tab.Accessible("..", page.name+" "+look.name)
			tab.Picture(page.name + "/" + look.name)
		}
	}
}
