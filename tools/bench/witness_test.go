package main

import (
	"errors"
	"testing"
	"time"
)

func TestWitness(t *testing.T) {
	t.Parallel()
	type call struct {
		order int64 // 0 is the first of the run
		key   string
	}
	for _, c := range []struct {
		name   string
		acked  []int64
		calls  []call
		killed bool
		wrong  bool
	}{
		{"nothing", nil, nil, false, false},
		{"all well", []int64{0, 1}, []call{{0, "a"}, {1, "b"}}, false, false},
		{"called before its sender knew", []int64{0}, []call{{0, "a"}, {1, "b"}}, false, false},
		{"lost", []int64{0, 1}, []call{{0, "a"}}, false, true},
		{"lost in a kill", []int64{0, 1}, []call{{0, "a"}}, true, true},
		{"doubled", []int64{0}, []call{{0, "a"}, {0, "b"}}, false, true},
		{"doubled in a kill", []int64{0}, []call{{0, "a"}, {0, "b"}}, true, true},
		{"repeated", []int64{0}, []call{{0, "a"}, {0, "a"}}, false, true},
		{"repeated after a kill", []int64{0}, []call{{0, "a"}, {0, "a"}}, true, false},
		{"an order of another run", nil, []call{{-1, "a"}}, true, true},
		{"an order never sent", nil, []call{{2, "a"}}, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := &numbers{used: 100}
			w := n.witness(5)
			for range 2 {
				if _, ok := w.take(); !ok {
					t.Fatal("the witness gives out no orders")
				}
			}
			for _, order := range c.acked {
				w.answered(w.first + order)
			}
			for _, call := range c.calls {
				w.called(w.first+call.order, call.key, w.now())
			}
			if err := w.check(c.killed); errors.Is(err, errCount) != c.wrong {
				t.Errorf("got %v, want wrong: %v", err, c.wrong)
			}
		})
	}
}

func TestWitnessGivesOutWhatItHas(t *testing.T) {
	t.Parallel()
	n := &numbers{}
	a, b := n.witness(2), n.witness(1)
	seen := map[int64]bool{}
	for _, w := range []*witness{a, a, b} {
		order, ok := w.take()
		if !ok || seen[order] {
			t.Fatalf("order %d: %v", order, ok)
		}
		seen[order] = true
	}
	if _, ok := a.take(); ok {
		t.Error("more orders than it has")
	}
	if a.sent() != 2 {
		t.Errorf("%d sent, want 2", a.sent())
	}
}

func TestStoredToCall(t *testing.T) {
	t.Parallel()
	w := (&numbers{}).witness(3)
	for range 3 {
		w.take()
	}
	w.orders[0].acked.Store(1_000)
	w.called(w.first, "a", 4_000)
	w.orders[1].acked.Store(9_000)
	w.called(w.first+1, "b", 8_000) // the call began before the sender had read its answer
	w.called(w.first+2, "c", 8_000) // never acknowledged
	got := w.storedToCall()
	if len(got) != 2 || got[0] != 0 || got[1] != 3*time.Microsecond {
		t.Errorf("got %v, want 0 and 3µs", got)
	}
}

func TestArrivedGivesUp(t *testing.T) {
	t.Parallel()
	w := (&numbers{}).witness(2)
	for range 2 {
		order, _ := w.take()
		w.answered(order)
	}
	w.called(w.first, "a", 7)
	last, err := w.arrived(t.Context(), 0)
	if err != nil || last != 7 {
		t.Errorf("got %v, %v", last, err)
	}
	if err := w.check(true); !errors.Is(err, errCount) {
		t.Errorf("an order that never came is not missed: %v", err)
	}
}
