package storetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/store"
)

// sessions keeps sessions whose data is the id of their person.
func (l *ledger) sessions() *store.WebSessions {
	return l.s.WebSessions(func(data []byte) string { return string(data) })
}

// alive says which of some tokens have a session.
func (l *ledger) alive(tokens ...string) string {
	l.Helper()
	var list []string
	for _, token := range tokens {
		data, found, err := l.sessions().FindCtx(l.ctx, token)
		l.must(err)
		if found {
			list = append(list, token+"="+string(data))
		}
	}
	return strings.Join(list, " ")
}

func sessionsAreKept(l *ledger) {
	w, later := l.sessions(), l.s.Now().Add(time.Hour)
	equal(l, "at first", l.alive("one"), "")
	l.must(w.CommitCtx(l.ctx, "one", nil, later))
	l.must(w.Commit("one", []byte("anna"), later))
	l.must(w.CommitCtx(l.ctx, "two", []byte("jon"), later))
	equal(l, "kept", l.alive("one", "two", "three"), "one=anna two=jon")
	data, found, err := w.Find("two")
	l.must(err)
	equal(l, "found", fmt.Sprint(string(data), found), "jontrue")
	l.must(w.Delete("one"))
	l.must(w.DeleteCtx(l.ctx, "three"))
	equal(l, "one is deleted", l.alive("one", "two"), "two=jon")
}

func sessionsEnd(l *ledger) {
	w, later := l.sessions(), l.s.Now().Add(time.Hour)
	l.person("anna", store.Owner)
	l.person("jon", store.Owner)
	begin := func() {
		for _, token := range []string{"a1", "a2", "a3", "j1"} {
			l.must(w.CommitCtx(l.ctx, token, []byte(map[bool]string{true: "anna", false: "jon"}[token[0] == 'a']), later))
		}
	}
	all := []string{"a1", "a2", "a3", "j1"}
	begin()
	n, err := l.s.CountSessions(l.ctx, "anna")
	l.must(err)
	equal(l, "anna's", n, 3)
	l.must(l.s.EndSessions(l.ctx, "anna", "a2"))
	equal(l, "all but one", l.alive(all...), "a2=anna j1=jon")
	l.must(l.s.EndSessions(l.ctx, "anna", ""))
	equal(l, "all", l.alive(all...), "j1=jon")
	begin()
	l.must(l.s.SetPassword(l.ctx, "anna", "new", "a1"))
	equal(l, "another password", l.alive(all...), "a1=anna j1=jon")
	l.must(l.s.PutCode(l.ctx, "password/anna", "code", l.now.Add(time.Hour)))
	l.must(l.s.SetPasswordWithCode(l.ctx, "anna", "newer", "password/anna", "code", l.now))
	equal(l, "another password with a code", l.alive(all...), "j1=jon")
	l.must(l.s.SetDisabled(l.ctx, "jon", true, l.now))
	equal(l, "disabled", l.alive(all...), "")
}

func sessionsExpire(l *ledger) {
	w, now := l.sessions(), l.s.Now()
	l.must(w.CommitCtx(l.ctx, "old", []byte("anna"), now.Add(-time.Second)))
	l.must(w.CommitCtx(l.ctx, "new", []byte("anna"), now.Add(time.Hour)))
	equal(l, "found", l.alive("old", "new"), "new=anna")
	l.must(l.s.PutCode(l.ctx, "old", "code", now.Add(-time.Second)))
	l.must(l.s.PutCode(l.ctx, "new", "code", now.Add(time.Hour)))
	l.must(l.s.PruneSessions(l.ctx))
	equal(l, "still", l.alive("old", "new"), "new=anna")
	l.isErr("an old code, at a time when it was good", l.s.CheckCode(l.ctx, "old", "code", now.Add(-time.Hour)), store.ErrWrongCode)
	l.must(l.s.CheckCode(l.ctx, "new", "code", now))
}

func keysLetIn(l *ledger) {
	k, token, err := l.s.CreateKey(l.ctx, store.Key{WorkspaceID: workspace, Name: "till", Role: store.Viewer, CreatedBy: "anna"}, l.now)
	l.must(err)
	if !strings.HasPrefix(token, "tengi_"+k.ID+"_") || len(token) < 40 {
		l.Errorf("a token of %d characters", len(token))
	}
	want := store.Key{ID: k.ID, WorkspaceID: workspace, Name: "till", Role: store.Viewer, CreatedBy: "anna", CreatedAt: l.now}
	equal(l, "created", k, want)
	got, err := l.s.UseKey(l.ctx, token, l.now)
	l.must(err)
	equal(l, "used", got, want)
	for _, wrong := range []string{"", "tengi_", token[:len(token)-1], token + "A", strings.Replace(token, "tengi_", "", 1), "tengi_" + k.ID + "_"} {
		_, err := l.s.UseKey(l.ctx, wrong, l.now)
		l.isErr("a wrong token", err, store.ErrNotFound)
	}
	used := func() time.Time {
		keys, err := l.s.Keys(l.ctx, workspace)
		l.must(err)
		equal(l, "keys", len(keys), 1)
		return keys[0].UsedAt
	}
	equal(l, "used at", used(), l.now)
	_, err = l.s.UseKey(l.ctx, token, l.now.Add(time.Minute))
	l.must(err)
	equal(l, "used a little later", used(), l.now)
	_, err = l.s.UseKey(l.ctx, token, l.now.Add(time.Hour))
	l.must(err)
	equal(l, "used later", used(), l.now.Add(time.Hour))
	l.must(l.s.RevokeKey(l.ctx, workspace, k.ID, l.now))
	_, err = l.s.UseKey(l.ctx, token, l.now)
	l.isErr("a revoked key", err, store.ErrNotFound)
	l.isErr("revoked twice", l.s.RevokeKey(l.ctx, workspace, k.ID, l.now), store.ErrNotFound)
}

func keysOfOthers(l *ledger) {
	l.must(l.s.SaveWorkspace(l.ctx, tengi.Workspace{ID: "w2", Key: "salon"}, l.now))
	k, _, err := l.s.CreateKey(l.ctx, store.Key{WorkspaceID: "w2", Name: "till", Role: store.Owner}, l.now)
	l.must(err)
	keys, err := l.s.Keys(l.ctx, workspace)
	l.must(err)
	equal(l, "keys", len(keys), 0)
	l.isErr("another's key", l.s.RevokeKey(l.ctx, workspace, k.ID, l.now), store.ErrNotFound)
	if _, _, err := l.s.CreateKey(l.ctx, store.Key{WorkspaceID: workspace, Role: "king"}, l.now); err == nil {
		l.Error("king is a role")
	}
}

func auditByPages(l *ledger) {
	want := []string{}
	for i := range 7 {
		verb := fmt.Sprintf("v%d", i)
		l.must(l.s.Record(l.ctx, store.Audit{At: l.now, ActorKind: store.ByPerson, ActorID: "anna", WorkspaceID: workspace, Verb: verb, Object: "c1", Details: map[string]string{"from": "off"}}))
		l.must(l.s.Record(l.ctx, store.Audit{At: l.now, ActorKind: store.ByCommand, Verb: "backup"}))
		want = append([]string{verb}, want...)
	}
	got, f := []string{}, store.AuditFilter{WorkspaceID: workspace, Limit: 3}
	for range 3 {
		list, err := l.s.Audits(l.ctx, f)
		l.must(err)
		for _, a := range list {
			got, f.Before = append(got, a.Verb), a.ID
			equal(l, a.Verb, a, store.Audit{ID: a.ID, At: l.now, ActorKind: store.ByPerson, ActorID: "anna", WorkspaceID: workspace, Verb: a.Verb, Object: "c1", Details: map[string]string{"from": "off"}})
		}
	}
	equal(l, "pages", got, want)
	list, err := l.s.Audits(l.ctx, store.AuditFilter{})
	l.must(err)
	equal(l, "of the installation", len(list), 7)
	equal(l, "without details", list[0].Details, nil)
}

func draftsAreKept(l *ledger) {
	d := store.Draft{ID: "d1", WorkspaceID: workspace, PersonID: "anna", Data: []byte(`{"step":"source"}`)}
	l.must(l.s.SaveDraft(l.ctx, d, l.now))
	l.must(l.s.SaveDraft(l.ctx, store.Draft{ID: "d2", WorkspaceID: workspace, ConnectionID: first, PersonID: "jon", Data: []byte(`{}`)}, l.now.Add(time.Minute)))
	d.Data = []byte(`{"step":"fields"}`)
	l.must(l.s.SaveDraft(l.ctx, d, l.now.Add(time.Hour)))
	d.CreatedAt, d.UpdatedAt = l.now, l.now.Add(time.Hour)
	got, err := l.s.Draft(l.ctx, workspace, "d1")
	l.must(err)
	equal(l, "draft", got, d)
	list, err := l.s.Drafts(l.ctx, workspace)
	l.must(err)
	equal(l, "drafts", list, []store.Draft{d, {ID: "d2", WorkspaceID: workspace, ConnectionID: first, PersonID: "jon", Data: []byte(`{}`), CreatedAt: l.now.Add(time.Minute), UpdatedAt: l.now.Add(time.Minute)}})
	d.WorkspaceID = "w2"
	l.isErr("another's draft saved", l.s.SaveDraft(l.ctx, d, l.now), store.ErrNotFound)
	_, err = l.s.Draft(l.ctx, "w2", "d1")
	l.isErr("another's draft read", err, store.ErrNotFound)
	l.must(l.s.DeleteDraft(l.ctx, "w2", "d1"))
	l.must(l.s.DeleteDraft(l.ctx, workspace, "d2"))
	list, err = l.s.Drafts(l.ctx, workspace)
	l.must(err)
	equal(l, "drafts that are left", len(list), 1)
}
