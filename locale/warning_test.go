package locale

import (
	"testing"

	"github.com/tengi/tengi/connectors"
)

func TestWarning(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lang, connector, english, want string }{
		{"en", "stripe", "This is a key of test mode: no money moves and Stripe mails nothing.", "This is a key of test mode: no money moves and Stripe mails nothing."},
		{"is", "stripe", "This is a key of test mode: no money moves and Stripe mails nothing.", "Þetta er lykill að prófunarham: ekkert fé hreyfist og Stripe sendir engan póst."},
		{"pl", "stripe", "The key lacks the permission “Events”; without it this does not work: fetching what no notice told of.",
			"Kluczowi brakuje uprawnienia „Events”; bez niego nie wszystko działa."},
		{"he", "paypal", "The webhook does not report everything. Tick these events in PayPal: A, B.",
			"ה-webhook אינו מדווח על הכול. סמנו את האירועים האלה ב-PayPal: \u2068A, B\u2069."},
		{"pl", "stripe", "Something new.", "Something new."},
		{"pl", "file", "Something new.", "Something new."},
	} {
		for _, of := range connectors.All() {
			if of.Name == c.connector {
				if got := New(c.lang, nil).Connector(of).Warning(c.english); got != c.want {
					t.Errorf("%s in %s: %+q, want %+q", c.english, c.lang, got, c.want)
				}
			}
		}
	}
}
