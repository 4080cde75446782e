package store_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/store"
)

// A copy can be opened as a ledger of its own, has what was stored before it was made, and leaves nothing behind.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	dir, other := t.TempDir(), t.TempDir()
	s, err := store.Open(t.Context(), store.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.SaveWorkspace(t.Context(), tengi.Workspace{ID: "w1", Key: "fjord", Name: "Fjörður Tours"}, s.Now()); err != nil {
		t.Fatal(err)
	}
	shot, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	copied, err := io.ReadAll(shot)
	if err := errors.Join(err, shot.Close()); err != nil || int64(len(copied)) != shot.Size {
		t.Fatalf("read %d bytes of %d: %v", len(copied), shot.Size, err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "snapshot-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := os.WriteFile(filepath.Join(other, "tengi.db"), copied, 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := store.Open(t.Context(), store.Config{Dir: other})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if c, err := again.Configuration(t.Context()); err != nil || len(c.Workspaces) != 1 || c.Workspaces[0].Name != "Fjörður Tours" || again.InstallID() != s.InstallID() {
		t.Errorf("the copy has %+v, %v", c.Workspaces, err)
	}
}
