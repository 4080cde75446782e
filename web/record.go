package web

import (
	"errors"
	"slices"

	"github.com/tengi/tengi/store"
)

// record writes down what the reader did, after it was done: a verb, the id of what it was done to, and names with values that hold neither
// secrets nor personal data.
func (v *visit) record(verb, object string, details ...string) error {
	if len(details)%2 != 0 {
		return errors.New("a detail without a value")
	}
	a := store.Audit{At: v.Now, ActorKind: store.ByPerson, ActorID: v.person.ID, WorkspaceID: v.workspace.ID, Verb: verb, Object: object}
	for pair := range slices.Chunk(details, 2) {
		if a.Details == nil {
			a.Details = map[string]string{}
		}
		a.Details[pair[0]] = pair[1]
	}
	return v.app.Desk.Store.Record(v.ctx(), a)
}
