package view

import (
	"time"

	"github.com/a-h/templ"

	"github.com/tengi/tengi/money"
)

// WizardFrame is what every stage of the wizard has around it.
type WizardFrame struct {
	Draft   string // its id
	Action  templ.SafeURL
	Back    templ.SafeURL // empty = this is the first stage
	Title   string
	Name    string // of the connection, once it has one
	New     bool
	Outline []WizardLine
}

// WizardLine is a stage in the outline.
type WizardLine struct {
	URL                      templ.SafeURL
	Title                    string
	Done, Ready, Here, Wrong bool
}

// WizardStart is what a connection can begin with.
type WizardStart struct {
	Recipes []Recipe
	Chosen  string // the key of the recipe that the reader came for
}

// Offering is a service with what it offers.
type Offering struct {
	Service
	Options []ServiceOption
}

// ServiceOption is a trigger or an action.
type ServiceOption struct {
	Value, Title string
	Chosen       bool
}

// WizardChoice is a stage on which a trigger or an action is chosen.
type WizardChoice struct {
	Frame    WizardFrame
	Services []Offering
}

// AccountChoice is an account that may be chosen.
type AccountChoice struct {
	ID, Name, State, Reason string
	Chosen, Usable          bool
}

// WizardAccount is a stage on which an account is chosen or connected.
type WizardAccount struct {
	Frame    WizardFrame
	Service  Service
	Accounts []AccountChoice
	New      Fields
	NewName  string
	Open     bool // the form of a new one is shown at once
	Why      string
}

// WizardOptions asks for the settings of the source.
type WizardOptions struct {
	Frame  WizardFrame
	Fields Fields
}

// Condition is a condition beside what it comes to for the sample.
type Condition struct {
	Draft, Step, Text, Wrong, Explain string
	Tried, Holds                      bool
}

// WizardFilter asks which events go through.
type WizardFilter struct {
	Frame     WizardFrame
	Condition Condition
}

// SampleItem is an event to try a connection with.
type SampleItem struct {
	ID, From, Type, Reference, Customer, Text string
	Total                                     money.Amount
	Lines                                     int
	When                                      time.Time
	Chosen                                    bool
}

// WizardSample offers events to try a connection with.
type WizardSample struct {
	Frame   WizardFrame
	Items   []SampleItem
	Problem string
}

// ValueLine is a value that may be put into a field, with what it is in the sample.
type ValueLine struct{ Path, Label, Text string }

// GuessLine is what a field may be meant to be filled from.
type GuessLine struct {
	Path, Label, Column, Text string
	Sure                      bool
}

// FunctionLine is a function of the mapping language.
type FunctionLine struct{ Signature, Help, Example, Result string }

// MappingField is a field with what it is filled from.
type MappingField struct {
	Draft, Step, Path, Name, Label, Help, Template, Text, Wrong string
	Required, Default, Advanced, Hidden, List, Group, Pairs     bool
	Options                                                     []Choice
	Rows                                                        int
	Children                                                    []MappingField
	RowValues                                                   []ValueLine
}

// custom says that a field of options is filled by something else than one of them.
func (f MappingField) custom() bool {
	for _, o := range f.Options {
		if o.Value == f.Template {
			return false
		}
	}
	return f.Template != ""
}

// WizardFields is the page on which the fields of a step are filled.
type WizardFields struct {
	Frame     WizardFrame
	When      Condition
	Fields    []MappingField
	Values    []ValueLine
	Guesses   []GuessLine
	Functions []FunctionLine
	Total     string
	Wrong     []string
	Several   bool // the connection has more than one step
}

// WizardStep is a step in the list of them.
type WizardStep struct {
	Key  string
	Line StepLine
	Edit templ.SafeURL
}

// WizardSteps is the list of the steps of a draft.
type WizardSteps struct {
	Draft, Name string
	Steps       []WizardStep
	Services    []Offering
	On          templ.SafeURL
}

// PreviewCall is a request that would be sent.
type PreviewCall struct {
	Name, Method, URL, Body string
	Headers                 []Choice
}

// PreviewStep is what a step would do.
type PreviewStep struct {
	Title, Account, Outcome, Kind string
	Service                       Service
	Amount                        money.Amount
	Reason, Todo, Detail          string
	Assumed                       bool
	Calls                         []PreviewCall
}

// Preview is what a connection would do.
type Preview struct {
	Outcome, Reason, Detail string
	Steps                   []PreviewStep
}

// ComparedEvent is an event under the connection as it is and as it would be.
type ComparedEvent struct {
	URL                templ.SafeURL
	When               time.Time
	Reference, Problem string
	Changes            []ComparedChange
}

// ComparedChange is one thing that would be different.
type ComparedChange struct{ Where, Old, New string }

// WizardPreview is the stage that shows what would be sent.
type WizardPreview struct {
	Frame      WizardFrame
	Preview    Preview
	Wrong      []string
	Problem    string
	CanCompare bool
	Compared   []ComparedEvent
}

// EffectLine is what test data would really make.
type EffectLine struct {
	Service, Account, Kind string
	Amount                 money.Amount
	Tells                  []string
	Marked                 bool
}

// MadeDocument is a document that was made.
type MadeDocument struct {
	Kind, Number, URL string
	Amount            money.Amount
	Undone            bool
}

// TestResult is what came of test data.
type TestResult struct {
	Delivery             int64
	State                string
	Reason, Todo, Detail string
	Settled, CanUndo     bool
	Story                templ.SafeURL
	Documents            []MadeDocument
}

// WizardTest is the stage on which test data is sent.
type WizardTest struct {
	Frame   WizardFrame
	Effects []EffectLine
	Wrong   []string
	Problem string
	Result  *TestResult
}

// WizardFinish is the last stage.
type WizardFinish struct {
	Frame                    WizardFrame
	Name, OnCancel, OnChange string
	Enabled, Polls           bool
	Schedule                 ScheduleForm
	HookURL                  string
	Guide                    templ.SafeURL
	Unfinished, Wrong        []string
}

// toneOf is the colour of an outcome.
func toneOf(outcome string) string {
	switch outcome {
	case "make":
		return "green"
	case "skip":
		return "secondary"
	default:
		return "red"
	}
}
