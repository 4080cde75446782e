package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi/internal/pgtest"
	"github.com/tengi/tengi/sale"
)

// Whatever way a search takes, and in however many pages, it finds what looking at every event finds. The bounds are so narrow that every way is taken.
func TestSearchAgainstLooking(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for name, s := range map[string]*Store{"SQLite": openLite(t, t.TempDir()), "PostgreSQL": openPg(t, pgtest.Start(t))} {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			s.bounds = searchBounds{rare: 6, words: 4, first: 3, stretch: 10}
			seeded(t, s)
			kinds := []string{"anna", "anita", "anton", "jon", "jons", "jonas", "b", "c", "d"}
			type known struct {
				id    int64
				words []string
				done  bool
			}
			var all []known
			for i := range 120 {
				words := []string{kinds[random.IntN(2+random.IntN(len(kinds)-1))], kinds[random.IntN(len(kinds))], fmt.Sprintf("n%d", i/3)}
				e := newEvent(fmt.Sprintf("o/x%d", i), fmt.Sprint(i))
				e.AccountID = "books"
				e.Sale = &sale.Sale{Customer: sale.Customer{Name: strings.Join(words, " ")}, Lines: []sale.Line{}}
				done := random.IntN(4) == 0
				if done {
					e.Deliveries[0].State = Done
				}
				all = append(all, known{ingest(t, s, e)[0].EventID, words, done})
			}
			for more := true; more; {
				var err error
				if more, err = s.IndexOnce(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			slices.Reverse(all)
			asked := []string{"an", "a", "j", "jon", "jona", "b", "n", "n1", "n12", "an j", "anna jon", "b c", "c d b", "n1 an", "x", "x1", "jons n2", "zebra", "an zebra"}
			for _, q := range asked {
				for _, standing := range []Standing{"", StandingDone, StandingWorking} {
					want := []int64{}
					for _, e := range all {
						fits := standing == "" || (standing == StandingDone) == e.done
						for _, word := range strings.Fields(q) {
							fits = fits && (word[0] == 'x' && strings.HasPrefix(fmt.Sprintf("x%d", 119-slices.IndexFunc(all, func(k known) bool { return k.id == e.id })), word) ||
								slices.ContainsFunc(e.words, func(has string) bool { return strings.HasPrefix(has, word) }))
						}
						if fits {
							want = append(want, e.id)
						}
					}
					got := []int64{}
					for after, pages := "", 0; ; pages++ {
						p, err := s.EventPage(t.Context(), EventQuery{WorkspaceID: "w1", Search: q, Standing: standing, Limit: 4, After: after})
						if err != nil {
							t.Fatal(err)
						}
						for _, row := range p.Rows {
							got = append(got, row.ID)
						}
						if after = p.Next; after == "" || pages > 200 {
							break
						}
						if len(p.Rows) < 4 && p.Back.IsZero() {
							t.Errorf("%q: a page of %d is followed by another and does not say how far it looked", q, len(p.Rows))
						}
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("%q, %q (-want +got):\n%s", q, standing, diff)
					}
				}
			}
		})
	}
}
