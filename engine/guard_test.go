package engine

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/money"
)

// personal is what must not be found in a log, whatever goes wrong.
const personal = "Anna Lind of Akureyri"

// fails panics with what a careless connector might have in hand.
func fails() { panic("cannot read customer " + personal) }

// unlogged makes sure that nothing was logged that must not be, though something was.
func (b *bench) unlogged(words ...string) {
	b.t.Helper()
	for _, word := range append(words, personal, "Akureyri", "s3cret-value") {
		if text := b.log.String(); strings.Contains(text, word) {
			b.t.Errorf("the log holds %q:\n%s", word, text)
		}
	}
}

func TestConnectorsThatPanic(t *testing.T) {
	t.Parallel()
	confirmed := shop.Order{ID: "A1", Status: "confirmed", Total: "100"}
	for _, c := range []struct {
		name        string
		change      func(*bench)
		load        bool
		state, code string
		made        int
	}{
		{"load", func(b *bench) {
			b.source.Load = func(context.Context, *connector.Client, tengi.Event) (connector.Loaded, error) {
				fails()
				return connector.Loaded{}, nil
			}
		}, true, "failed", "internal", 0},
		{"do, before its call", func(b *bench) {
			b.target.Actions[0].Do = func(context.Context, *connector.Client, tengi.Ref, field.Values) (tengi.Document, error) {
				fails()
				return tengi.Document{}, nil
			}
		}, false, "failed", "internal", 0},
		{"do, after its call", func(b *bench) {
			do, left := b.target.Actions[0].Do, 1
			b.target.Actions[0].Do = func(ctx context.Context, c *connector.Client, ref tengi.Ref, v field.Values) (tengi.Document, error) {
				doc, err := do(ctx, c, ref, v)
				if left--; left == 0 {
					fails()
				}
				return doc, err
			}
		}, false, "failed", "internal", 1},
		{"the total, in the plan", func(b *bench) {
			b.target.Actions[0].Total = func(field.Values) (money.Amount, error) {
				fails()
				return money.Amount{}, nil
			}
		}, false, "held", "internal", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setupWith(t, "key", c.change)
			o := confirmed
			o.Load = c.load
			event := b.notice(o).EventID
			b.settle()
			d := b.delivery(event)
			if d.state != c.state || d.code != c.code || b.books.Count("issued") != c.made {
				t.Fatalf("%+v, %d invoices", d, b.books.Count("issued"))
			}
			if strings.Contains(d.reason, personal) || !strings.Contains(b.log.String(), "guard_test.go") {
				t.Errorf("the reason is %q; the log must name the place:\n%s", d.reason, b.log)
			}
			b.unlogged()
			if c.made == 1 { // what was made is known: it is not made again
				must(t, b.engine.Replay(t.Context(), b.deliveryID(event)))
				b.settle()
				if d := b.delivery(event); d.state != "done" || b.books.Count("issued") != 1 {
					t.Fatalf("replayed: %+v, %d invoices", d, b.books.Count("issued"))
				}
			}
		})
	}
}

func TestPanicsInUndoPollAndCheck(t *testing.T) {
	t.Parallel()
	b := setupWith(t, "key", func(b *bench) {
		b.target.Actions[0].Undo = func(context.Context, *connector.Client, tengi.Ref, tengi.Document) (tengi.Document, error) {
			fails()
			return tengi.Document{}, nil
		}
		b.target.Auth.Check = func(context.Context, *connector.Client) (connector.Identity, error) {
			fails()
			return connector.Identity{}, nil
		}
		b.source.Triggers[0].Poll = func(context.Context, *connector.Client, connector.Cursor) (connector.Polled, error) {
			fails()
			return connector.Polled{}, nil
		}
	}, shop.Connection(func(c *tengi.Connection) { c.Schedule.Every = 300e9 }))
	b.notice(shop.Order{ID: "A1", Status: "confirmed", Total: "100"})
	b.settle()
	event := b.notice(shop.Order{ID: "A1", Status: "cancelled", Total: "0", Line: "0"}).EventID
	b.settle()
	if d := b.delivery(event); d.state != "failed" || d.code != "internal" || b.books.Count("issued") != 1 {
		t.Errorf("undo: %+v", d)
	}
	if _, err := b.engine.Check(t.Context(), "acc_books"); err == nil || strings.Contains(err.Error(), personal) {
		t.Errorf("check: %v", err)
	}
	if runs := b.polls(); len(runs) != 1 || runs[0].Problem == "" || strings.Contains(runs[0].Problem, personal) {
		t.Errorf("poll: %+v", runs)
	}
	b.unlogged()
}

// What the accounts and the sales hold stands in no log line, in no label, and no secret in what attempts record.
func TestNothingPrivateIsWrittenDown(t *testing.T) {
	t.Parallel()
	b := setupWith(t, "key", func(b *bench) {
		b.target.Auth.Sign = func(_ context.Context, c *connector.Client, r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+c.Secret("secret"))
			return nil
		}
	})
	b.fault("refuse", `{"error":"s3cret-value is not right for Anna Lind"}`)
	event := b.notice(shop.Order{ID: "A1", Status: "confirmed", Total: "100"}).EventID
	b.settle()
	must(t, b.engine.Replay(t.Context(), b.deliveryID(event)))
	b.settle()
	attempts, err := b.store.Attempts(t.Context(), b.deliveryID(event))
	must(t, err)
	if len(attempts) != 2 || attempts[0].Detail == "" || len(attempts[1].Exchanges) < 100 {
		t.Fatalf("%+v", attempts)
	}
	for _, a := range attempts {
		if text := a.Message + a.Detail + string(a.Exchanges); strings.Contains(text, "s3cret-value") {
			t.Errorf("an attempt records the secret: %s", text)
		}
	}
	b.unlogged("Anna Lind")
	for name, labels := range b.labels() {
		for _, value := range labels {
			if strings.ContainsAny(value, " @/0123456789") {
				t.Errorf("the metric %s has the label value %q", name, value)
			}
		}
	}
}
