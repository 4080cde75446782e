package storetest

import (
	"context"
	"sync"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/store"
)

var liveTests = map[string]func(*ledger){
	"WatchTellsOfChanges":     watchTells,
	"WatchTellsOfTheIndex":    watchTellsOfIndex,
	"WatchIsOfOneWorkspace":   watchIsOfOne,
	"FollowIndexesWhatCame":   followIndexes,
	"FollowEndsWithItsPatron": followEnds,
	"FirstIsIndexed":          indexFirst,
}

// told says whether a watch has been told, and empties it.
func told(w *store.Watch) bool {
	select {
	case <-w.C:
		return true
	default:
		return false
	}
}

func watchTells(l *ledger) {
	w := l.s.Watch(workspace)
	defer w.Close()
	equal(l, "at first", told(w), false)
	l.ingest(l.event("booking/1"))
	equal(l, "an event", told(w), true)
	equal(l, "once", told(w), false)
	l.ingest(l.event("booking/2"), l.event("booking/3"))
	equal(l, "several", told(w), true)
	equal(l, "are one", told(w), false)
	d := l.take()
	equal(l, "a claim", told(w), false)
	l.finish(d, store.Done)
	equal(l, "an outcome", told(w), true)
	l.must(l.s.SaveConnection(l.ctx, tengi.Connection{ID: first, WorkspaceID: workspace, Key: first, Name: "other"}, l.now))
	equal(l, "a connection", told(w), true)
	l.must(l.s.SetMeta(l.ctx, "x", "y"))
	l.must(l.sessions().Commit("token", nil, l.now))
	equal(l, "what no page shows", told(w), false)
	moved, err := l.s.SetAccountState(l.ctx, shop, tengi.AccountActive, tengi.AccountOff, "", l.now)
	l.must(err)
	equal(l, "an account", moved && told(w), true)
	w.Close()
	l.ingest(l.event("booking/4"))
	equal(l, "closed", told(w), false)
}

func watchTellsOfIndex(l *ledger) {
	l.ingest(l.event("booking/1"))
	w := l.s.Watch(workspace)
	defer w.Close()
	l.index()
	equal(l, "indexed", told(w), true)
	l.index()
	equal(l, "nothing new", told(w), false)
}

func watchIsOfOne(l *ledger) {
	l.other()
	mine, theirs := l.s.Watch(workspace), l.s.Watch("w2")
	defer mine.Close()
	defer theirs.Close()
	l.document(first, "booking/1", tengi.Invoice, crowns(1))
	equal(l, "mine", told(mine), true)
	equal(l, "theirs", told(theirs), false)
	l.document("c9", "booking/1", tengi.Invoice, crowns(1))
	equal(l, "mine", told(mine), false)
	equal(l, "theirs", told(theirs), true)
}

// follow runs Follow until the test, or what is returned, ends it.
func (l *ledger) follow() (end func()) {
	ctx, cancel := context.WithCancel(l.ctx)
	var group sync.WaitGroup
	group.Go(func() { l.s.Follow(ctx) })
	return func() {
		cancel()
		group.Wait()
	}
}

func followIndexes(l *ledger) {
	w := l.s.Watch(workspace)
	defer w.Close()
	defer l.follow()()
	id := l.ingest(sold(l.event("booking/1"), "FJO-1", "Anna", "", "1"))
	for {
		ids, _ := l.page(store.EventQuery{Search: "anna"})
		if len(ids) > 0 {
			equal(l, "found", ids, id)
			return
		}
		<-w.C
	}
}

// indexFirst has the indexer look at a ledger in which nothing has happened, and then the first thing happen.
func indexFirst(l *ledger) {
	l.index()
	id := l.ingest(sold(l.event("booking/1"), "FJO-1", "Anna", "", "1"))
	l.index()
	ids, _ := l.page(store.EventQuery{Search: "anna"})
	equal(l, "found", ids, id)
}

func followEnds(l *ledger) {
	end := l.follow()
	end()
}

// nodesWatch watches on one node what another does.
func nodesWatch(all []*ledger) {
	here, there := all[0], all[1]
	w := there.s.Watch(workspace)
	defer w.Close()
	defer here.follow()()
	defer there.follow()()
	id := here.ingest(sold(here.event("booking/1"), "FJO-1", "Anna", "", "1"))
	for {
		<-w.C
		ids, _ := there.page(store.EventQuery{Search: "anna"})
		if len(ids) > 0 {
			equal(there, "found", ids, id)
			return
		}
	}
}
