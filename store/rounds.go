package store

import (
	"cmp"
	"slices"
)

// rounds divides commands so that each delivery comes once in a round, and orders each round by delivery. Two commands of one delivery in a batch
// are rare, a worker that was taken for dead and the one that took over, but then the first must be settled before the second is looked at.
// The order keeps transactions of several writers from locking the same rows crosswise.
func rounds[C any](commands []C, delivery func(C) int64) [][]C {
	if len(commands) == 0 {
		return nil
	}
	var all [][]C
	seen := make(map[int64]int, len(commands))
	for _, c := range commands {
		id := delivery(c)
		n := seen[id]
		seen[id]++
		if n == len(all) {
			all = append(all, nil)
		}
		all[n] = append(all[n], c)
	}
	for _, round := range all {
		slices.SortStableFunc(round, func(a, b C) int { return cmp.Compare(delivery(a), delivery(b)) })
	}
	return all
}
