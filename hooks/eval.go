package hooks

import (
	"encoding/json"
	"sync"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/mapping"
)

// maxTemplates bounds what the evaluator remembers; accounts have a handful each.
const maxTemplates = 10_000

// evaluator renders the templates that accounts have over notices, each compiled once.
type evaluator struct {
	mu       sync.RWMutex
	compiled map[string]*mapping.Template
}

func newEvaluator() *evaluator { return &evaluator{compiled: map[string]*mapping.Template{}} }

// over is the Eval of one notice: a template's text over its data, and over its header and query as far as they hold no secrets. Errors name the
// place in the template and never what stands in the notice.
func (e *evaluator) over(n *notice) func(text string, data []byte) (string, error) {
	var last []byte // the data of env: an account has several templates over the same
	var env *mapping.Env
	return func(text string, data []byte) (string, error) {
		template, err := e.template(text)
		if err != nil {
			return "", err
		}
		if env == nil || !same(last, data) {
			if env, err = mapping.NewEnv(tengi.Event{Data: json.RawMessage(data)}); err != nil {
				return "", err
			}
			last = data
			env.Header, env.Query, env.Workspace, env.Now = firsts(n.header), firsts(n.query), n.account.Workspace, n.in.ReceivedAt
		}
		value, err := template.Eval(env)
		if err != nil {
			return "", err
		}
		text, _ = value.(string) // as CompileNotice promises
		return text, nil
	}
}

// same says whether two slices are the same bytes in memory.
func same(a, b []byte) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

func (e *evaluator) template(text string) (*mapping.Template, error) {
	e.mu.RLock()
	template, ok := e.compiled[text]
	e.mu.RUnlock()
	if ok {
		return template, nil
	}
	template, err := mapping.CompileNotice(text)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.compiled) >= maxTemplates {
		clear(e.compiled)
	}
	e.compiled[text] = template
	return template, nil
}

// firsts are headers or parameters as templates see them: the first value of each.
func firsts(of map[string][]string) map[string]any {
	all := make(map[string]any, len(of))
	for name, values := range of {
		if len(values) > 0 {
			all[name] = values[0]
		}
	}
	return all
}
