package engine

import (
	"fmt"

	"github.com/tengi/tengi/store"
)

// place is where a connection's polls ask: a cursor is good there only.
func (p *Pipe) place() store.Place {
	at := store.Place{AccountID: p.Source.AccountID, Trigger: p.Source.Trigger}
	for _, key := range p.Trigger.Anew {
		if !p.Options.Has(key) {
			continue
		}
		if at.Options == nil {
			at.Options = map[string]string{}
		}
		at.Options[key] = fmt.Sprint(p.Options[key])
	}
	return at
}
