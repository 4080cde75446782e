package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// searchBounds are what one page of a search may cost. What fits into them is found at once; what does not is looked for from the newest event on, a
// stretch at a time, and the page says how far it has come.
type searchBounds struct {
	rare    int // places in the index that are sorted for one page
	words   int // different words that a beginning may have to be looked up one by one
	first   int // events that are looked through first: what is frequent is found soon
	stretch int // events that are looked through for one page
}

// searching are the bounds for pages that answer in a few hundredths of a second.
var searching = searchBounds{rare: 4000, words: 24, first: 1000, stretch: 12_000}

// search finds the events that have all words of a query, newest first.
func (s *Store) search(ctx context.Context, q EventQuery, in span, last int64, limit int) (hits, error) {
	words := lookedFor(q.Search)
	if len(words) == 0 {
		return hits{}, nil // signs alone
	}
	if q.Standing == StandingPerson || q.Standing == StandingWorking {
		return s.searchStanding(ctx, q, words, in, last, limit)
	}
	for i, either := range words {
		rare, ok, err := s.rare(ctx, q.WorkspaceID, either, in)
		if err != nil {
			return hits{}, err
		}
		if ok {
			return s.searchRare(ctx, q, slices.Delete(slices.Clone(words), i, i+1), rare, limit)
		}
	}
	if len(words) == 1 {
		known, ok, err := s.known(ctx, q.WorkspaceID, words[0])
		if err != nil {
			return hits{}, err
		}
		if ok {
			return s.searchKnown(ctx, q, known, in, limit)
		}
	}
	return s.searchStretch(ctx, q, words, in, limit)
}

// rare finds all events that have a word, newest first, unless they are too many to be sorted.
func (s *Store) rare(ctx context.Context, workspaceID string, either []alternative, in span) (ids []int64, ok bool, err error) {
	for _, one := range either {
		from, to := one.bounds()
		more, err := s.numbers(ctx, "SELECT event_id FROM term WHERE workspace_id = $1 AND word >= $2 AND word < $3 LIMIT $4", workspaceID, from, to, s.bounds.rare+1-len(ids))
		if err != nil {
			return nil, false, err
		}
		if ids = append(ids, more...); len(ids) > s.bounds.rare {
			return nil, false, nil
		}
	}
	ids = slices.DeleteFunc(ids, func(id int64) bool { return id >= in.before || id <= in.after })
	slices.SortFunc(ids, func(a, b int64) int { return cmp.Compare(b, a) })
	return slices.Compact(ids), true, nil
}

// searchRare keeps those of a few events that have the other words too.
func (s *Store) searchRare(ctx context.Context, q EventQuery, others [][]alternative, ids []int64, limit int) (hits, error) {
	if len(others) == 0 && q.ConnectionID == "" && q.Standing == "" {
		return cut(ids, limit), nil
	}
	var found []int64
	for some := range slices.Chunk(ids, 200) {
		list, args := listed(some, 2)
		fitting, err := s.fitting(ctx, q, others, len(some), "w.event_id IN ("+list+")", args...)
		if err != nil {
			return hits{}, err
		}
		if found = append(found, fitting...); len(found) > limit {
			break
		}
	}
	return cut(found, limit), nil
}

// searchStanding looks through the deliveries that have not ended, which are few: newest first, as they are listed.
func (s *Store) searchStanding(ctx context.Context, q EventQuery, words [][]alternative, in span, last int64, limit int) (hits, error) {
	pairs, err := s.deliveryPairs(ctx, q, in, s.bounds.rare)
	if err != nil {
		return hits{}, err
	}
	var found hits
	for some := range slices.Chunk(pairs, 200) {
		fitting, err := s.fittingEvents(ctx, q.WorkspaceID, words, some)
		if err != nil {
			return hits{}, err
		}
		for _, pair := range some {
			if pair[1] == last || !fitting[pair[1]] {
				continue
			}
			if len(found.ids) == limit {
				return found, nil
			}
			last = pair[1]
			found.ids, found.next = append(found.ids, pair[1]), place{deliveries: true, id: pair[0], event: pair[1]}.String()
		}
	}
	if len(pairs) < s.bounds.rare {
		return hits{ids: found.ids}, nil
	}
	end := pairs[len(pairs)-1]
	found.next, found.back = place{deliveries: true, id: end[0], event: last}.String(), end[1]
	return found, nil
}

// fittingEvents are those events of deliveries that have all words.
func (s *Store) fittingEvents(ctx context.Context, workspaceID string, words [][]alternative, pairs [][2]int64) (map[int64]bool, error) {
	events := make([]int64, len(pairs))
	for i, pair := range pairs {
		events[i] = pair[1]
	}
	list, args := listed(events, 2)
	ids, err := s.fitting(ctx, EventQuery{WorkspaceID: workspaceID}, words, len(events), "w.event_id IN ("+list+")", args...)
	fitting := map[int64]bool{}
	for _, id := range ids {
		fitting[id] = true
	}
	return fitting, err
}

// known finds the different words that somebody may mean, by leaping from one to the next, unless they are too many.
func (s *Store) known(ctx context.Context, workspaceID string, either []alternative) (words []string, ok bool, err error) {
	for _, one := range either {
		for from, to := one.bounds(); ; {
			next, err := s.ids(ctx, "SELECT word FROM term WHERE workspace_id = $1 AND word >= $2 AND word < $3 ORDER BY word LIMIT 1", workspaceID, from, to)
			if err != nil {
				return nil, false, err
			}
			if len(next) == 0 {
				break
			}
			if words = append(words, next[0]); len(words) > s.bounds.words {
				return nil, false, nil
			}
			from = next[0] + " "
		}
	}
	slices.Sort(words)
	return slices.Compact(words), true, nil
}

// searchKnown takes the newest events of each word; together they hold the page.
func (s *Store) searchKnown(ctx context.Context, q EventQuery, words []string, in span, limit int) (hits, error) {
	narrowed := q.ConnectionID != "" || q.Standing != ""
	var found []int64
	for looked := 0; ; {
		var ids []int64
		full := false
		for _, word := range words {
			more, err := s.numbers(ctx, "SELECT event_id FROM term WHERE workspace_id = $1 AND word = $2 AND event_id < $3 AND event_id > $4 ORDER BY event_id DESC LIMIT $5",
				q.WorkspaceID, word, in.before, in.after, limit+1)
			if err != nil {
				return hits{}, err
			}
			ids, full = append(ids, more...), full || len(more) > limit
		}
		slices.SortFunc(ids, func(a, b int64) int { return cmp.Compare(b, a) })
		ids = slices.Compact(ids)
		if !narrowed {
			return cut(ids, limit), nil
		}
		if full { // what one word has beyond its part may come before what another has
			ids = ids[:min(len(ids), limit+1)]
		}
		if len(ids) == 0 {
			return cut(found, limit), nil
		}
		list, args := listed(ids, 2)
		fitting, err := s.fitting(ctx, q, nil, len(ids), "w.event_id IN ("+list+")", args...)
		if err != nil {
			return hits{}, err
		}
		found = append(found, fitting...)
		in.before = ids[len(ids)-1]
		looked += len(ids)
		switch {
		case len(found) > limit || !full:
			return cut(found, limit), nil
		case looked*len(words) > s.bounds.rare:
			return hits{ids: found, next: place{id: in.before}.String(), back: in.before}, nil
		}
	}
}

// searchStretch looks through events from the newest on, as many as one page may take.
func (s *Store) searchStretch(ctx context.Context, q EventQuery, words [][]alternative, in span, limit int) (hits, error) {
	var found []int64
	for looked := 0; looked < s.bounds.stretch; {
		step := s.bounds.first
		if looked > 0 {
			step = s.bounds.stretch - looked
		}
		ends, err := s.numbers(ctx, "SELECT event_id FROM event_words WHERE workspace_id = $1 AND event_id < $2 AND event_id > $3 ORDER BY event_id DESC LIMIT 1 OFFSET "+strconv.Itoa(step-1),
			q.WorkspaceID, in.before, in.after)
		if err != nil {
			return hits{}, err
		}
		end := in.after + 1
		if len(ends) > 0 {
			end = ends[0]
		}
		fitting, err := s.fitting(ctx, q, words, limit+1-len(found), "w.event_id < $2 AND w.event_id >= $3", in.before, end)
		if err != nil {
			return hits{}, err
		}
		found = append(found, fitting...)
		if len(found) > limit || len(ends) == 0 {
			return cut(found, limit), nil
		}
		in.before, looked = end, looked+step
	}
	return hits{ids: found, next: place{id: in.before}.String(), back: in.before}, nil
}

// fitting reads the newest of some events that have all words and fit a query in what else it wants. The arguments of which begin with $2.
func (s *Store) fitting(ctx context.Context, q EventQuery, words [][]alternative, limit int, which string, args ...any) ([]int64, error) {
	args = append([]any{q.WorkspaceID}, args...)
	for _, either := range words {
		patterns := make([]string, len(either))
		for i, one := range either {
			args = append(args, one.pattern())
			patterns[i] = fmt.Sprintf(`w.words LIKE $%d ESCAPE '\'`, len(args))
		}
		which += " AND (" + strings.Join(patterns, " OR ") + ")"
	}
	where, args := fits(q, "w.event_id", args)
	args = append(args, limit)
	return s.numbers(ctx, "SELECT w.event_id FROM event_words w WHERE w.workspace_id = $1 AND "+which+where+fmt.Sprintf(" ORDER BY w.event_id DESC LIMIT $%d", len(args)), args...)
}
