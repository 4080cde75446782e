package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Person is somebody who signs in.
type Person struct {
	ID         string
	Email      string // in lower case; nobody else has the same
	Name       string
	Password   string // argon2id, encoded with its parameters; empty = has chosen none yet and cannot sign in
	Language   string
	Theme      string
	CreatedAt  time.Time
	SeenAt     time.Time // to about five minutes
	DisabledAt time.Time // zero = may sign in
}

// Role is what a person, or a key, may do in a workspace.
type Role string

// The roles. Each may do what those below it may.
const (
	Owner   Role = "owner"   // people, keys, backups
	Manager Role = "manager" // decides and configures
	Viewer  Role = "viewer"  // reads
)

// Includes says whether a role may do what another may. What is no role may nothing.
func (r Role) Includes(other Role) bool { return r.rank() >= other.rank() && other.rank() > 0 }

func (r Role) rank() int {
	switch r {
	case Owner:
		return 3
	case Manager:
		return 2
	case Viewer:
		return 1
	default:
		return 0
	}
}

// Membership is a person's role in a workspace.
type Membership struct {
	WorkspaceID string
	PersonID    string
	Role        Role
}

// ErrLastOwner says that a workspace would be left without anybody who may see to its people.
var ErrLastOwner = errors.New("a workspace needs an owner who can sign in")

// foldEmail is an e-mail address as people are known by.
func foldEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

const personColumns = "p.id, p.email, p.name, p.password, p.language, p.theme, p.created_at, p.seen_at, p.disabled_at"

func scanPerson(r scanner, more ...any) (p Person, err error) {
	var created, seen, disabled int64
	err = r.Scan(append([]any{&p.ID, &p.Email, &p.Name, &p.Password, &p.Language, &p.Theme, &created, &seen, &disabled}, more...)...)
	p.CreatedAt, p.SeenAt, p.DisabledAt = moment(created), moment(seen), moment(disabled)
	return p, err
}

// person reads the one that fits a condition.
func (s *Store) person(ctx context.Context, where, arg string) (p Person, err error) {
	found := false
	err = s.rows(ctx, func(r scanner) error {
		found = true
		p, err = scanPerson(r)
		return err
	}, "SELECT "+personColumns+" FROM person p WHERE "+where, arg)
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil {
		return Person{}, fmt.Errorf("read a person: %w", err) // without the address
	}
	return p, nil
}

// Person reads a person; ErrNotFound when there is none.
func (s *Store) Person(ctx context.Context, id string) (Person, error) {
	return s.person(ctx, "p.id = $1", id)
}

// PersonByEmail finds a person by e-mail address, however it is written; ErrNotFound when there is none.
func (s *Store) PersonByEmail(ctx context.Context, email string) (Person, error) {
	return s.person(ctx, "p.email = $1", foldEmail(email))
}

// HasPeople says whether anybody has ever been let in: until then the first owner is awaited.
func (s *Store) HasPeople(ctx context.Context) (bool, error) {
	var has bool
	if err := s.one(ctx, []any{&has}, "SELECT EXISTS (SELECT 1 FROM person)"); err != nil {
		return false, fmt.Errorf("look for people: %w", err)
	}
	return has, nil
}

// CreatePerson lets somebody in, with a role in each workspace that memberships name. ErrConflict when the address is taken.
func (s *Store) CreatePerson(ctx context.Context, p Person, memberships []Membership, now time.Time) error {
	err := s.change(ctx, func(t *tx) error {
		if err := t.createPerson(p, now); err != nil {
			return err
		}
		for _, m := range memberships {
			m.PersonID = p.ID
			if err := t.setRole(m); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("create a person: %w", err)
	}
	return nil
}

// createPerson stores a new person.
func (t *tx) createPerson(p Person, now time.Time) error {
	n, err := t.affect(`INSERT INTO person (id, email, name, password, language, theme, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
		p.ID, foldEmail(p.Email), p.Name, p.Password, p.Language, p.Theme, millis(now))
	if err == nil && n == 0 {
		err = ErrConflict
	}
	return err
}

// SavePerson changes a person's address, name, language and theme. ErrConflict when another has the address.
func (s *Store) SavePerson(ctx context.Context, p Person) error {
	err := s.change(ctx, func(t *tx) error {
		n, err := t.affect("UPDATE person SET email = $1, name = $2, language = $3, theme = $4 WHERE id = $5", foldEmail(p.Email), p.Name, p.Language, p.Theme, p.ID)
		if isDuplicate(err) {
			return ErrConflict // the database's own words quote the address
		}
		return found(n, err)
	})
	if err != nil {
		return fmt.Errorf("change person %s: %w", p.ID, err)
	}
	return nil
}

// SetPassword gives a person another password and ends all sessions of theirs but the one with the token keep.
func (s *Store) SetPassword(ctx context.Context, personID, password, keep string) error {
	err := s.change(ctx, func(t *tx) error {
		n, err := t.affect("UPDATE person SET password = $1 WHERE id = $2", password, personID)
		if err := found(n, err); err != nil {
			return err
		}
		return t.endSessions(personID, keep)
	})
	if err != nil {
		return fmt.Errorf("change the password of person %s: %w", personID, err)
	}
	return nil
}

// SetDisabled keeps a person out, ending all their sessions, or lets them in again. ErrLastOwner when a workspace would be left alone.
func (s *Store) SetDisabled(ctx context.Context, personID string, disabled bool, now time.Time) error {
	err := s.change(ctx, func(t *tx) error {
		if !disabled {
			n, err := t.affect("UPDATE person SET disabled_at = 0 WHERE id = $1", personID)
			return found(n, err)
		}
		owned, err := t.lockWorkspaces("w.id IN (SELECT m.workspace_id FROM membership m WHERE m.person_id = $1 AND m.role = 'owner')", personID)
		if err != nil {
			return err
		}
		n, err := t.affect("UPDATE person SET disabled_at = $1 WHERE id = $2", millis(now), personID)
		if err := found(n, err); err != nil {
			return err
		}
		if err := t.endSessions(personID, ""); err != nil {
			return err
		}
		return t.checkOwners(owned)
	})
	if err != nil {
		return fmt.Errorf("disable or enable person %s: %w", personID, err)
	}
	return nil
}

// seenEvery is how exactly it is known when people were here and keys were used: knowing it better would cost a write for each request.
const seenEvery = 5 * time.Minute

// Saw notes that a person was here.
func (s *Store) Saw(ctx context.Context, p Person, now time.Time) error {
	if now.Sub(p.SeenAt) < seenEvery {
		return nil
	}
	return s.change(ctx, func(t *tx) error {
		_, err := t.affect("UPDATE person SET seen_at = $1 WHERE id = $2 AND seen_at < $1", millis(now), p.ID)
		return err
	})
}

// Member is a person with a role in a workspace.
type Member struct {
	Person
	Role Role
}

// Members lists the people of a workspace by name.
func (s *Store) Members(ctx context.Context, workspaceID string) ([]Member, error) {
	var members []Member
	err := s.rows(ctx, func(r scanner) error {
		var m Member
		var err error
		m.Person, err = scanPerson(r, &m.Role)
		members = append(members, m)
		return err
	}, "SELECT "+personColumns+", m.role FROM membership m JOIN person p ON p.id = m.person_id WHERE m.workspace_id = $1 ORDER BY p.name, p.email", workspaceID)
	if err != nil {
		return nil, fmt.Errorf("list the people of workspace %s: %w", workspaceID, err)
	}
	return members, nil
}

// Memberships lists the workspaces a person belongs to.
func (s *Store) Memberships(ctx context.Context, personID string) ([]Membership, error) {
	var list []Membership
	err := s.rows(ctx, func(r scanner) error {
		m := Membership{PersonID: personID}
		err := r.Scan(&m.WorkspaceID, &m.Role)
		list = append(list, m)
		return err
	}, "SELECT workspace_id, role FROM membership WHERE person_id = $1 ORDER BY workspace_id", personID)
	if err != nil {
		return nil, fmt.Errorf("list the workspaces of person %s: %w", personID, err)
	}
	return list, nil
}

// SetRole gives a person a role in a workspace; an empty one takes them out of it. ErrLastOwner when nobody would be left to see to its people.
func (s *Store) SetRole(ctx context.Context, m Membership) error {
	err := s.change(ctx, func(t *tx) error {
		workspaces, err := t.lockWorkspaces("w.id = $1", m.WorkspaceID)
		if err := found(int64(len(workspaces)), err); err != nil {
			return err
		}
		if m.Role != "" {
			err = t.setRole(m)
		} else {
			_, err = t.affect("DELETE FROM membership WHERE workspace_id = $1 AND person_id = $2", m.WorkspaceID, m.PersonID)
		}
		if err != nil {
			return err
		}
		return t.checkOwners(workspaces)
	})
	if err != nil {
		return fmt.Errorf("set the role of person %s in workspace %s: %w", m.PersonID, m.WorkspaceID, err)
	}
	return nil
}

func (t *tx) setRole(m Membership) error {
	if m.Role.rank() == 0 {
		return fmt.Errorf("%q is no role", m.Role)
	}
	_, err := t.affect("INSERT INTO membership (workspace_id, person_id, role) VALUES ($1, $2, $3) ON CONFLICT (workspace_id, person_id) DO UPDATE SET role = excluded.role",
		m.WorkspaceID, m.PersonID, string(m.Role))
	return err
}

// lockWorkspaces finds workspaces whose owners are about to change and keeps others from changing them meanwhile: two owners who take each other out
// at the same moment must not both succeed.
func (t *tx) lockWorkspaces(where, arg string) (ids []string, err error) {
	err = t.query(t.ctx, func(r scanner) error {
		var id string
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	}, "SELECT w.id FROM workspace w WHERE "+where+" ORDER BY w.id"+t.w.store.dialect.forUpdate, arg)
	return ids, err
}

// checkOwners refuses a change that leaves a workspace without an owner.
func (t *tx) checkOwners(workspaces []string) error {
	for _, id := range workspaces {
		var has bool
		err := t.query(t.ctx, func(r scanner) error { return r.Scan(&has) }, `SELECT EXISTS (SELECT 1 FROM membership m JOIN person p ON p.id = m.person_id
WHERE m.workspace_id = $1 AND m.role = 'owner' AND p.disabled_at = 0)`, id)
		if err == nil && !has {
			err = ErrLastOwner
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// found turns a change that had no effect into ErrNotFound.
func found(n int64, err error) error {
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}
