package bokun

import (
	"fmt"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/sale"
)

// statuses is what each of Bókun's statuses means for a sale (https://api-docs.bokun.dev/rest-v2.yaml). A guest who did not come still owes the
// price; a booking that came to nothing is as good as cancelled: without documents nothing happens, with documents they are undone.
var statuses = map[string]sale.Status{
	"CART":      sale.Pending,
	"REQUESTED": sale.Pending,
	"RESERVED":  sale.Pending,

	"CONFIRMED": sale.Confirmed,
	"ARRIVED":   sale.Confirmed,
	"NO_SHOW":   sale.Confirmed,

	"CANCELLED": sale.Cancelled,
	"TIMEOUT":   sale.Cancelled,
	"ABORTED":   sale.Cancelled,
	"ERROR":     sale.Cancelled,
	"REJECTED":  sale.Cancelled,
}

// effectiveStatus is where the booking stands by its items: the booking itself can stay CONFIRMED while every item is cancelled (observed in
// practice). A status nobody knows is neither billed nor credited: a person looks.
func effectiveStatus(own text, items []item) (sale.Status, error) {
	if len(items) == 0 {
		return statusOf(own)
	}
	counts := map[sale.Status]int{}
	for i := range items {
		word := items[i].Status
		if word == "" {
			word = own
		}
		status, err := statusOf(word)
		if err != nil {
			return "", err
		}
		counts[status]++
	}
	switch {
	// One of the two is out of date, and billing by the wrong one is worse than asking.
	case counts[sale.Confirmed] > 0 && statuses[string(own)] == sale.Cancelled:
		return "", connector.Refusal("status_conflict", "status", fmt.Sprintf(
			"Bókun says %s of the booking and something else of its items: look at the booking in Bókun, then try again", own))
	case counts[sale.Confirmed] > 0:
		return sale.Confirmed, nil
	// What is sold is billed by the active invoice; an item that is only requested is not on it or will change it.
	case counts[sale.Pending] > 0:
		return sale.Pending, nil
	default:
		return sale.Cancelled, nil
	}
}

// statusOf translates one status. The list is open: Bókun may add to it at any time (https://api-docs.bokun.dev/rest-v2.yaml).
func statusOf(status text) (sale.Status, error) {
	if known, ok := statuses[string(status)]; ok {
		return known, nil
	}
	return "", connector.Refusal("status_unknown", "status", fmt.Sprintf("Bókun reports a status that Tengi does not know: %q", short(string(status))))
}

// short keeps a word from outside from filling an error text.
func short(word string) string {
	const limit = 40
	if runes := []rune(word); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return word
}
