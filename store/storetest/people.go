package storetest

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/store"
)

var peopleTests = map[string]func(*ledger){
	"PeopleAreKnownByAddress":      peopleByAddress,
	"PeopleHaveRoles":              peopleHaveRoles,
	"PeopleTheLastOwnerStays":      lastOwnerStays,
	"PeopleTheLastOfTwoOwnersStay": lastOfTwoOwners,
	"PeopleWereSeen":               peopleWereSeen,
	"PeopleTheFirstOwner":          firstOwner,
	"PeopleTheFirstOwnerIsOne":     firstOwnerIsOne,
	"PeopleCodesAreUsedUp":         codesAreUsedUp,
	"SessionsAreKept":              sessionsAreKept,
	"SessionsEnd":                  sessionsEnd,
	"SessionsExpire":               sessionsExpire,
	"KeysLetIn":                    keysLetIn,
	"KeysOfOthers":                 keysOfOthers,
	"AuditByPages":                 auditByPages,
	"DraftsAreKept":                draftsAreKept,
}

// person lets somebody in with a role in the ledger's workspace.
func (l *ledger) person(id string, role store.Role) {
	l.Helper()
	l.must(l.s.CreatePerson(l.ctx, store.Person{ID: id, Email: id + "@fjord.test", Name: id, Password: "hash", Language: "is", Theme: "dark"},
		[]store.Membership{{WorkspaceID: workspace, Role: role}}, l.now))
}

// isErr checks that an error is the one that was wanted.
func (l *ledger) isErr(what string, err, want error) {
	l.Helper()
	if !errors.Is(err, want) {
		l.Errorf("%s: %v, want %v", what, err, want)
	}
}

func peopleByAddress(l *ledger) {
	has, err := l.s.HasPeople(l.ctx)
	l.must(err)
	equal(l, "at first there is somebody", has, false)
	l.person("anna", store.Owner)
	has, err = l.s.HasPeople(l.ctx)
	l.must(err)
	equal(l, "there is somebody", has, true)
	want := store.Person{ID: "anna", Email: "anna@fjord.test", Name: "anna", Password: "hash", Language: "is", Theme: "dark", CreatedAt: l.now}
	got, err := l.s.PersonByEmail(l.ctx, " Anna@Fjord.TEST ")
	l.must(err)
	equal(l, "by address", got, want)
	l.isErr("the same address", l.s.CreatePerson(l.ctx, store.Person{ID: "other", Email: "ANNA@fjord.test"}, nil, l.now), store.ErrConflict)
	_, err = l.s.Person(l.ctx, "other")
	l.isErr("who was not let in", err, store.ErrNotFound)
	l.person("jon", store.Viewer)
	l.isErr("another's address", l.s.SavePerson(l.ctx, store.Person{ID: "jon", Email: "Anna@fjord.test"}), store.ErrConflict)
	l.isErr("who is nobody", l.s.SavePerson(l.ctx, store.Person{ID: "nobody", Email: "x@fjord.test"}), store.ErrNotFound)
	l.must(l.s.SavePerson(l.ctx, store.Person{ID: "anna", Email: "Anna@fjord.test", Name: "Anna", Language: "en", Theme: "light", Password: "not this way"}))
	want.Name, want.Language, want.Theme = "Anna", "en", "light"
	got, err = l.s.Person(l.ctx, "anna")
	l.must(err)
	equal(l, "changed", got, want)
	l.isErr("the password of nobody", l.s.SetPassword(l.ctx, "nobody", "hash", ""), store.ErrNotFound)
}

func peopleHaveRoles(l *ledger) {
	for _, c := range []struct {
		role, other store.Role
		want        bool
	}{
		{store.Owner, store.Owner, true}, {store.Owner, store.Viewer, true}, {store.Manager, store.Owner, false}, {store.Manager, store.Manager, true},
		{store.Viewer, store.Manager, false}, {store.Viewer, store.Viewer, true}, {"", store.Viewer, false}, {store.Owner, "", false}, {"", "", false}, {"x", "y", false},
	} {
		if got := c.role.Includes(c.other); got != c.want {
			l.Errorf("%q includes %q: %v", c.role, c.other, got)
		}
	}
	l.must(l.s.SaveWorkspace(l.ctx, tengi.Workspace{ID: "w2", Key: "salon"}, l.now))
	l.person("anna", store.Owner)
	l.person("jon", store.Viewer)
	l.must(l.s.SetRole(l.ctx, store.Membership{WorkspaceID: "w2", PersonID: "jon", Role: store.Owner}))
	l.must(l.s.SetRole(l.ctx, store.Membership{WorkspaceID: workspace, PersonID: "jon", Role: store.Manager}))
	list, err := l.s.Memberships(l.ctx, "jon")
	l.must(err)
	equal(l, "jon's workspaces", list, []store.Membership{{WorkspaceID: workspace, PersonID: "jon", Role: store.Manager}, {WorkspaceID: "w2", PersonID: "jon", Role: store.Owner}})
	members, err := l.s.Members(l.ctx, workspace)
	l.must(err)
	names := map[string]store.Role{}
	for _, m := range members {
		names[m.Name] = m.Role
	}
	equal(l, "members", names, map[string]store.Role{"anna": store.Owner, "jon": store.Manager})
	l.must(l.s.SetRole(l.ctx, store.Membership{WorkspaceID: workspace, PersonID: "jon"}))
	members, err = l.s.Members(l.ctx, workspace)
	l.must(err)
	equal(l, "members without jon", len(members), 1)
	if err := l.s.SetRole(l.ctx, store.Membership{WorkspaceID: workspace, PersonID: "jon", Role: "king"}); err == nil {
		l.Error("king is a role")
	}
	l.isErr("in no workspace", l.s.SetRole(l.ctx, store.Membership{WorkspaceID: "w9", PersonID: "jon", Role: store.Viewer}), store.ErrNotFound)
}

func lastOwnerStays(l *ledger) {
	l.person("anna", store.Owner)
	l.person("jon", store.Manager)
	l.isErr("taken out", l.s.SetRole(l.ctx, store.Membership{WorkspaceID: workspace, PersonID: "anna"}), store.ErrLastOwner)
	l.isErr("made a viewer", l.s.SetRole(l.ctx, store.Membership{WorkspaceID: workspace, PersonID: "anna", Role: store.Viewer}), store.ErrLastOwner)
	l.isErr("disabled", l.s.SetDisabled(l.ctx, "anna", true, l.now), store.ErrLastOwner)
	l.must(l.s.SetDisabled(l.ctx, "jon", true, l.now))
	jon, err := l.s.Person(l.ctx, "jon")
	l.must(err)
	equal(l, "disabled", jon.DisabledAt, l.now)
	l.must(l.s.SetRole(l.ctx, store.Membership{WorkspaceID: workspace, PersonID: "jon", Role: store.Owner}))
	l.isErr("the only other owner is disabled", l.s.SetDisabled(l.ctx, "anna", true, l.now), store.ErrLastOwner)
	l.must(l.s.SetDisabled(l.ctx, "jon", false, l.now))
	l.must(l.s.SetDisabled(l.ctx, "anna", true, l.now))
	l.isErr("nobody", l.s.SetDisabled(l.ctx, "nobody", true, l.now), store.ErrNotFound)
}

func lastOfTwoOwners(l *ledger) {
	l.person("anna", store.Owner)
	l.person("jon", store.Owner)
	for round := range 8 {
		var refused atomic.Int64
		var group sync.WaitGroup
		for _, id := range []string{"anna", "jon"} {
			group.Go(func() {
				err := l.s.SetRole(l.ctx, store.Membership{WorkspaceID: workspace, PersonID: id, Role: store.Viewer})
				if errors.Is(err, store.ErrLastOwner) {
					refused.Add(1)
				} else if err != nil {
					l.Error(err)
				}
			})
		}
		group.Wait()
		equal(l, "refused", refused.Load(), 1)
		members, err := l.s.Members(l.ctx, workspace)
		l.must(err)
		for _, m := range members {
			if m.Role == store.Viewer {
				l.must(l.s.SetRole(l.ctx, store.Membership{WorkspaceID: workspace, PersonID: m.ID, Role: store.Owner}))
			}
		}
		if l.Failed() {
			l.Fatalf("in round %d", round)
		}
	}
}

func peopleWereSeen(l *ledger) {
	l.person("anna", store.Owner)
	seen := func() store.Person {
		p, err := l.s.Person(l.ctx, "anna")
		l.must(err)
		return p
	}
	l.must(l.s.Saw(l.ctx, seen(), l.now))
	equal(l, "seen", seen().SeenAt, l.now)
	l.must(l.s.Saw(l.ctx, seen(), l.now.Add(4*time.Minute)))
	equal(l, "seen a little later", seen().SeenAt, l.now)
	l.must(l.s.Saw(l.ctx, seen(), l.now.Add(5*time.Minute)))
	equal(l, "seen later", seen().SeenAt, l.now.Add(5*time.Minute))
}

func firstOwner(l *ledger) {
	anna := store.Person{ID: "anna", Email: "anna@fjord.test"}
	l.isErr("before there is a code", l.s.CreateFirstOwner(l.ctx, anna, "1234", l.now), store.ErrWrongCode)
	l.isErr("with none", l.s.CreateFirstOwner(l.ctx, anna, "", l.now), store.ErrWrongCode)
	l.must(l.s.PutCode(l.ctx, store.FirstOwner, "old", l.now.Add(time.Hour)))
	l.must(l.s.PutCode(l.ctx, store.FirstOwner, "code", l.now.Add(time.Hour)))
	l.isErr("the one before", l.s.CheckCode(l.ctx, store.FirstOwner, "old", l.now), store.ErrWrongCode)
	l.isErr("for another purpose", l.s.CheckCode(l.ctx, "join/anna", "code", l.now), store.ErrWrongCode)
	l.isErr("too late", l.s.CheckCode(l.ctx, store.FirstOwner, "code", l.now.Add(time.Hour)), store.ErrWrongCode)
	l.must(l.s.CheckCode(l.ctx, store.FirstOwner, "code", l.now))
	l.isErr("a wrong one", l.s.CreateFirstOwner(l.ctx, anna, "cod", l.now), store.ErrWrongCode)
	l.must(l.s.CreateFirstOwner(l.ctx, anna, "code", l.now))
	list, err := l.s.Memberships(l.ctx, "anna")
	l.must(err)
	equal(l, "owns", list, []store.Membership{{WorkspaceID: workspace, PersonID: "anna", Role: store.Owner}})
	l.must(l.s.PutCode(l.ctx, store.FirstOwner, "again", l.now.Add(time.Hour)))
	l.isErr("a second first owner", l.s.CreateFirstOwner(l.ctx, store.Person{ID: "jon", Email: "jon@fjord.test"}, "again", l.now), store.ErrConflict)
}

func firstOwnerIsOne(l *ledger) {
	l.must(l.s.PutCode(l.ctx, store.FirstOwner, "code", l.now.Add(time.Hour)))
	var won atomic.Int64
	var group sync.WaitGroup
	for _, id := range []string{"a", "b", "c", "d"} {
		group.Go(func() {
			if l.s.CreateFirstOwner(l.ctx, store.Person{ID: id, Email: id + "@fjord.test"}, "code", l.now) == nil {
				won.Add(1)
			}
		})
	}
	group.Wait()
	equal(l, "first owners", won.Load(), 1)
}

func codesAreUsedUp(l *ledger) {
	l.person("anna", store.Owner)
	l.must(l.s.PutCode(l.ctx, "password/anna", "code", l.now.Add(time.Hour)))
	l.isErr("for somebody else", l.s.SetPasswordWithCode(l.ctx, "anna", "new", "password/jon", "code", l.now), store.ErrWrongCode)
	l.must(l.s.SetPasswordWithCode(l.ctx, "anna", "new", "password/anna", "code", l.now))
	anna, err := l.s.Person(l.ctx, "anna")
	l.must(err)
	equal(l, "password", anna.Password, "new")
	l.isErr("again", l.s.SetPasswordWithCode(l.ctx, "anna", "newer", "password/anna", "code", l.now), store.ErrWrongCode)
	l.must(l.s.PutCode(l.ctx, "password/nobody", "code", l.now.Add(time.Hour)))
	l.isErr("of nobody", l.s.SetPasswordWithCode(l.ctx, "nobody", "new", "password/nobody", "code", l.now), store.ErrNotFound)
}
