package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestCommitter(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	c, err := openCommitter(path)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for i := range 100 {
		wait.Go(func() {
			if err := c.commit(fmt.Appendf(nil, "<%d>", i)); err != nil {
				t.Error(err)
			}
			if text, err := os.ReadFile(path); err != nil || !bytes.Contains(text, fmt.Appendf(nil, "<%d>", i)) {
				t.Errorf("entry %d is not in the file after its commit: %v", i, err)
			}
		})
	}
	wait.Wait()
	if err := c.close(); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(path); bytes.Count(text, []byte("<")) != 100 {
		t.Errorf("%d entries, want 100", bytes.Count(text, []byte("<")))
	}
}

func TestCommitterFails(t *testing.T) {
	t.Parallel()
	c, err := openCommitter(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.commit([]byte("x")); err == nil {
		t.Error("a commit to a closed file passed")
	}
	if err := c.close(); err == nil {
		t.Error("closing twice passed")
	}
}
