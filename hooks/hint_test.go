package hooks

import (
	"context"
	"errors"
	"testing"

	"github.com/tengi/tengi/engine"
)

// A verified notice without events is a hint, if its connector gives any; nothing else is, and one that is lost is no fault of the sender.
func TestHint(t *testing.T) {
	t.Parallel()
	d := setup(t, Limits{})
	hinted := map[string]int{}
	var lost error
	d.receiver.hint = func(_ context.Context, a *engine.Account) error {
		hinted[a.Key]++
		return lost
	}
	for _, c := range []struct {
		account, body string
		status, hints int
	}{
		{"moody", "nothing", 200, 1},
		{"moody", "number 7", 200, 1},
		{"moody", "forged", 401, 1},
		{"moody", "quote it", 200, 1},
		{"moody", "nothing", 200, 2},
	} {
		if got := d.hooked(c.account, c.body); got.status != c.status || hinted[c.account] != c.hints {
			t.Errorf("%s: %d, %d hints, want %d and %d", c.body, got.status, hinted[c.account], c.status, c.hints)
		}
	}
	lost = errors.New("the store is busy")
	if got := d.hooked("moody", "nothing"); got.status != 200 || hinted["moody"] != 3 {
		t.Errorf("a lost hint is answered %d", got.status)
	}
}
