package setup

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/mapping"
	"github.com/tengi/tengi/store"
)

// Problem is one thing wrong with an account or a connection, whoever gives it: a file, a page. It repeats no value.
type Problem struct {
	Path    string // "secret_key", "source.filter", "steps.invoice.fields.lines.text"; empty = all of it
	Char    int    // place in an expression, in characters from 1; 0 = all of it
	Code    string // of package field or mapping, or one of the codes below
	Message string // for a person

	Readings [2]string // of a number that can be read in two ways, as field.Fault has them
}

// Fault is the problem as one of a field set, for a form.
func (p Problem) Fault() field.Fault {
	return field.Fault{Path: p.Path, Code: p.Code, Message: p.placed(), Readings: p.Readings}
}

// problemsOf turns what a field set has to say into problems.
func problemsOf(faults field.Faults, path string) []Problem {
	var problems []Problem
	for _, f := range faults {
		problems = append(problems, Problem{Path: join(path, f.Path), Code: f.Code, Message: f.Message, Readings: f.Readings})
	}
	return problems
}

// The codes of problems that neither fields nor mappings have.
const (
	CodeUnused  = "unused"  // a value that has no use beside the others
	CodeInvalid = "invalid" // the engine's own words say what
)

// placed is the message with the place in the expression.
func (p Problem) placed() string {
	if p.Char > 0 {
		return fmt.Sprintf("character %d: %s", p.Char, p.Message)
	}
	return p.Message
}

// String is "source.filter: character 6: unknown name".
func (p Problem) String() string {
	if p.Path == "" {
		return p.placed()
	}
	return p.Path + ": " + p.placed()
}

// ParseAccount takes the values of an account's fields apart into what is stored openly and what is sealed, and says all that is wrong with them. A secret
// that is not given is none.
func ParseAccount(c *connector.Connector, raw map[string]any) (settings map[string]any, secrets map[string]string, problems []Problem) {
	set := c.AccountFields()
	values, faults := set.Parse(raw)
	problems = problemsOf(faults, "")
	for _, f := range mapping.CheckSettings(set, values) {
		problems = append(problems, Problem{Path: f.Path, Char: f.Char, Code: f.Code, Message: f.Message})
	}
	secrets = map[string]string{}
	var open field.Set
	for _, f := range set {
		switch _, given := raw[f.Key]; {
		case !given:
		case !values.Has(f.Key):
			if f.DependsOn != nil && !slices.ContainsFunc(faults, func(x field.Fault) bool { root, _ := cutPath(x.Path); return root == f.Key }) {
				problems = append(problems, Problem{Path: f.Key, Code: CodeUnused,
					Message: fmt.Sprintf("is not used unless %s is %s: remove it", f.DependsOn.Key, strings.Join(f.DependsOn.Values, " or "))})
			}
		case f.Secret:
			secrets[f.Key] = values.Text(f.Key)
		default:
			open = append(open, f)
		}
	}
	settings, err := plainValues(open, values)
	if err != nil {
		problems = append(problems, Problem{Code: CodeInvalid, Message: fmt.Sprintf("cannot be stored: %v", err)})
	}
	return settings, secrets, problems
}

// ParseOptions brings the options of a source into the form in which they are stored, and says all that is wrong with them. What is not given is not
// stored: it takes its default when the connection runs.
func ParseOptions(trigger *connector.Trigger, raw map[string]any) (map[string]any, []Problem) {
	values, faults := trigger.Options.Parse(raw)
	problems := problemsOf(faults, "")
	var given field.Set
	for _, f := range trigger.Options {
		if _, ok := raw[f.Key]; ok && values.Has(f.Key) {
			given = append(given, f)
		}
	}
	options, err := plainValues(given, values)
	if err != nil {
		problems = append(problems, Problem{Code: CodeInvalid, Message: fmt.Sprintf("cannot be stored: %v", err)})
	}
	return options, problems
}

// OpenAccount opens what an account has sealed.
func (t Target) OpenAccount(row store.AccountRow) (engine.Secrets, error) {
	var s engine.Secrets
	opened, err := t.Secrets.Open(row.Sealed, engine.SealContext(row.ID))
	if err != nil {
		return s, fmt.Errorf("open the secrets of account %s: %w", row.Key, err)
	}
	if json.Unmarshal(opened, &s) != nil {
		return engine.Secrets{}, fmt.Errorf("read the secrets of account %s: not as they were stored", row.Key)
	}
	return s, nil
}

// SaveAccount stores an account with its secrets sealed.
func (t Target) SaveAccount(ctx context.Context, row store.AccountRow, secrets engine.Secrets) error {
	encoded, err := json.Marshal(secrets)
	if err != nil {
		return fmt.Errorf("encode the secrets of account %s: %w", row.Key, err)
	}
	if row.Sealed, err = t.Secrets.Seal(encoded, engine.SealContext(row.ID)); err != nil {
		return fmt.Errorf("seal the secrets of account %s: %w", row.Key, err)
	}
	row.HookHash = nil
	if secrets.HookToken != "" {
		sum := sha256.Sum256([]byte(secrets.HookToken))
		row.HookHash = sum[:]
	}
	if err := t.Store.SaveAccount(ctx, row, t.Store.Now()); err != nil {
		return fmt.Errorf("store account %s: %w", row.Key, err)
	}
	return nil
}

// NewHookToken makes the secret part of a webhook address: 32 random bytes.
func NewHookToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// CompileProblems is what [engine.Compile] finds wrong with a connection, each with its path.
func CompileProblems(err error) []Problem {
	var problems []Problem
	for _, l := range leaves(err, "") {
		p := Problem{Path: l.path, Char: l.char, Code: l.code, Message: l.bare}
		if p.Code == "" {
			p.Code = CodeInvalid
		}
		problems = append(problems, p)
	}
	return problems
}
