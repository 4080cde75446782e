package connectortest

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

var (
	connectorName = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	stableKey     = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`)
	eventType     = regexp.MustCompile(`^([a-z][a-z0-9_]*\.)*([a-z][a-z0-9_]*|\*)$`)
)

// checkForm looks at the value that describes the connector.
func checkForm(t *testing.T, c *connector.Connector) {
	if !connectorName.MatchString(c.Name) {
		t.Errorf("the name %q is not small letters and digits", c.Name)
	}
	wantText(t, "title", c.Title)
	wantSentence(t, "summary", c.Summary)
	if len(c.Triggers)+len(c.Actions) == 0 {
		t.Error("it has neither triggers nor actions")
	}
	if err := c.AccountFields().Check(); err != nil {
		t.Errorf("account fields: %v", err)
	}
	checkLabels(t, "account", c.Auth.Fields)
	if (c.Auth.Sign == nil) != (len(c.Auth.Fields.Secrets()) == 0) && len(c.Actions) > 0 {
		t.Error("secrets and Auth.Sign come together")
	}
	l := c.Limits
	if l.Every < 0 || l.Burst < 0 || l.InFlight < 0 || l.Timeout < 0 {
		t.Errorf("negative limits %+v", l)
	}
	keys := map[string]bool{}
	for _, trigger := range c.Triggers {
		if !stableKey.MatchString(trigger.Key) || keys[trigger.Key] {
			t.Errorf("trigger key %q is not a stable key or not the only one", trigger.Key)
		}
		keys[trigger.Key] = true
		checkTrigger(t, c, trigger)
	}
	clear(keys)
	for _, action := range c.Actions {
		if !stableKey.MatchString(action.Key) || keys[action.Key] {
			t.Errorf("action key %q is not a stable key or not the only one", action.Key)
		}
		keys[action.Key] = true
		checkActionForm(t, action)
	}
}

func checkTrigger(t *testing.T, c *connector.Connector, trigger connector.Trigger) {
	t.Helper()
	at := "trigger " + trigger.Key
	wantText(t, at+": title", trigger.Title)
	if len(trigger.Types) == 0 {
		t.Errorf("%s reports no types", at)
	}
	for _, pattern := range trigger.Types {
		if !eventType.MatchString(pattern) {
			t.Errorf("%s: %q is not a type of events", at, pattern)
		}
	}
	if c.Receive == nil && trigger.Poll == nil {
		t.Errorf("%s: nothing ever reports it: there is neither Receive nor Poll", at)
	}
	for _, key := range trigger.Anew {
		if !slices.ContainsFunc(trigger.Options, func(f field.Field) bool { return f.Key == key }) {
			t.Errorf("%s: its polls begin anew with the option %q, which it does not have", at, key)
		}
	}
	for what, set := range map[string]field.Set{"options": trigger.Options, "output": trigger.Output} {
		if err := set.Check(); err != nil {
			t.Errorf("%s: %s: %v", at, what, err)
		}
		checkLabels(t, at+": "+what, set)
		if secrets := set.Secrets(); len(secrets) > 0 {
			t.Errorf("%s: %s hold secrets %v; those belong to the account", at, what, secrets)
		}
	}
}

func checkActionForm(t *testing.T, action connector.Action) {
	t.Helper()
	at := "action " + action.Key
	wantText(t, at+": title", action.Title)
	wantSentence(t, at+": help", action.Help)
	wantSentence(t, at+": recovery", action.Recovery)
	if action.Do == nil {
		t.Errorf("%s does nothing", at)
	}
	kinds := []tengi.DocumentKind{tengi.Invoice, tengi.CreditNote, tengi.Receipt, tengi.PaymentRequest, tengi.PaymentRecord, tengi.CustomerRecord, tengi.Message, tengi.Other}
	if !slices.Contains(kinds, action.Makes) {
		t.Errorf("%s makes %q, which is no kind of document", at, action.Makes)
	}
	if err := action.Input.Check(); err != nil {
		t.Errorf("%s: input: %v", at, err)
	}
	checkLabels(t, at, action.Input)
	if mark, ok := action.Input.Lookup(action.TestMark); action.TestMark != "" && (!ok || mark.Type != field.Text && mark.Type != field.LongText || mark.Pattern != "" || mark.DependsOn != nil) {
		t.Errorf("%s: the mark of test data belongs into a text that is always there, not into %q", at, action.TestMark)
	}
	if secrets := action.Input.Secrets(); len(secrets) > 0 {
		t.Errorf("%s: the input holds secrets %v; those belong to the account", at, secrets)
	}
}

// checkLabels wants every field to have a name for people.
func checkLabels(t *testing.T, at string, fields field.Set) {
	t.Helper()
	for _, f := range fields {
		wantText(t, at+": label of "+f.Key, f.Label)
		for _, option := range f.Options {
			wantText(t, at+": option "+f.Key+" "+option.Value, option.Label)
		}
		if f.Help != "" {
			wantSentence(t, at+": help of "+f.Key, f.Help)
		}
		checkLabels(t, at+"."+f.Key, f.Children)
	}
}

func wantText(t *testing.T, what, text string) {
	t.Helper()
	if text == "" || strings.TrimSpace(text) != text || strings.HasSuffix(text, ".") {
		t.Errorf("%s: %q is empty, or has blanks around it, or a full stop", what, text)
	}
}

func wantSentence(t *testing.T, what, text string) {
	t.Helper()
	if text == "" || strings.TrimSpace(text) != text || !strings.HasSuffix(text, ".") {
		t.Errorf("%s: %q is not a sentence", what, text)
	}
}
