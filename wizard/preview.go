package wizard

import (
	"context"
	"slices"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// CodeMissing is the code of faults about what nobody has chosen yet.
const CodeMissing = "missing"

// Unfinished is everything that keeps a draft from being tried and saved: what is missing, and what is wrong.
func (w *Wizard) Unfinished(d Draft) []Fault {
	var faults []Fault
	for _, s := range w.Outline(d) {
		missing := Fault{Code: CodeMissing}
		switch s.Missing {
		case MissingTrigger:
			missing.Path, missing.Message = "source.trigger", "choose what starts the connection"
		case MissingAccount:
			missing.Path, missing.Message = "source.account", "choose the account of the source"
			if s.Step != "" {
				missing.Path, missing.Message = "steps."+s.Step+".account", "choose the account where the step works"
			}
		case MissingStep:
			missing.Path, missing.Message = "steps", "choose what is to be done"
		case MissingAction:
			missing.Path, missing.Message = "steps."+s.Step+".action", "choose what the step does"
		}
		if missing.Path != "" {
			faults = append(faults, missing)
		}
		if s.Stage != StageFinish { // what is wrong with the name is nobody's business before it is saved
			faults = append(faults, s.Faults...)
		}
	}
	return faults
}

// previewFor bounds what a preview may take of a service's time.
const previewFor = 45 * time.Second

// Preview shows what would be sent for the sample, step by step, and the documents that would be made. Nothing is sent but what only reads. What keeps the
// draft from being tried comes as faults.
func (w *Wizard) Preview(ctx context.Context, d *Draft) (engine.Preview, []Fault, error) {
	if faults := w.Unfinished(*d); len(faults) > 0 {
		return engine.Preview{}, faults, nil
	}
	e, err := w.Event(ctx, *d)
	if err != nil {
		return engine.Preview{}, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, previewFor)
	defer cancel()
	p, err := w.engine.Preview(ctx, d.Connection, e)
	if err != nil {
		return p, nil, err
	}
	d.see(Place{Stage: StagePreview})
	return p, nil, nil
}

// Compare says what would be different for the last events of the connection that is edited, if it were saved as the draft has it: each event as if nothing
// had been made of it yet. At most limit events are looked at.
func (w *Wizard) Compare(ctx context.Context, d Draft, limit int) ([]engine.Comparison, []Fault, error) {
	if faults := w.Unfinished(d); len(faults) > 0 {
		return nil, faults, nil
	}
	i := slices.IndexFunc(w.connections(d.Connection.WorkspaceID), func(c tengi.Connection) bool { return c.ID == d.Connection.ID })
	if i < 0 {
		return nil, nil, ErrNoConnection
	}
	old := w.connections(d.Connection.WorkspaceID)[i]
	ids, err := w.lastEvents(ctx, old.ID, limit)
	if err != nil {
		return nil, nil, err
	}
	changes, err := w.engine.Compare(ctx, old, d.Connection, ids)
	return changes, nil, err
}

// Effect is what a test would really do, for a plain warning before it is sent.
type Effect struct {
	Step      string
	Connector *connector.Connector
	Account   string // its name
	Makes     tengi.DocumentKind
	Amount    money.Amount // zero when the kind has none
	Tells     []string     // e-mail addresses and phone numbers that the service is given, and may write to
	Marked    bool         // the document says that it is a test
}

// Effects lists what a test would do, of its preview.
func Effects(p engine.Preview) []Effect {
	var effects []Effect
	for _, s := range p.Steps {
		if s.Outcome != engine.WouldMake {
			continue
		}
		e := Effect{Step: s.Key, Connector: s.Account.Connector, Account: s.Account.Name, Makes: s.Action.Makes, Amount: s.Document.Amount, Marked: s.Action.TestMark != ""}
		for _, f := range s.Action.Input {
			if (f.Type == field.Email || f.Type == field.Phone) && s.Values.Text(f.Key) != "" && !slices.Contains(e.Tells, s.Values.Text(f.Key)) {
				e.Tells = append(e.Tells, s.Values.Text(f.Key))
			}
		}
		effects = append(effects, e)
	}
	return effects
}
