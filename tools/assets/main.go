// Command assets makes what the pages are dressed with: it has npm fetch the packages of web/assets/package-lock.json, leaves out of Tabler's
// style sheets what no page uses, bundles scripts, styles and fonts, and draws the used icons into one file. What it writes into
// web/assets/dist is embedded in the program and not committed.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
)

// folder is where the packages, the sources and the result are, from the root of the repository.
const folder = "web/assets"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, folder)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "assets:", err)
		os.Exit(1)
	}
}

// run brings the result up to date. It does nothing when nothing has changed since the last time.
func run(ctx context.Context, dir string) error {
	sum, err := fingerprint(dir)
	if err != nil {
		return err
	}
	stamp := filepath.Join(dir, "dist", "stamp")
	if last, err := os.ReadFile(stamp); err == nil && string(last) == sum {
		return nil
	}
	if err := install(ctx, dir); err != nil {
		return err
	}
	work, err := os.MkdirTemp(dir, ".work")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work) //nolint:errcheck // what is left of it is ignored
	if err := purge(ctx, dir, work); err != nil {
		return err
	}
	if err := empty(filepath.Join(dir, "dist")); err != nil {
		return err
	}
	names, err := bundle(dir, work)
	if err != nil {
		return err
	}
	if err := icons(dir, names); err != nil {
		return err
	}
	if err := squeeze(dir, names); err != nil {
		return err
	}
	return os.WriteFile(stamp, []byte(sum), 0o644)
}

// install has npm fetch the packages as they are locked, without running scripts of theirs.
func install(ctx context.Context, dir string) error {
	if _, err := exec.LookPath("npm"); err != nil {
		return errors.New("npm is missing: install Node.js 20 or newer (make deps)")
	}
	locked, err := os.Stat(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return err
	}
	if done, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json")); err == nil && done.ModTime().After(locked.ModTime()) {
		return nil
	}
	return command(ctx, dir, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
}

// command runs a program in a folder and shows what it says when it fails.
func command(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w\n%s", name, args, err, out)
	}
	return nil
}

// fingerprint is a sum over everything that the result is made from, and over the tool itself.
func fingerprint(dir string) (string, error) {
	sum := sha256.New()
	var names []string
	for _, pattern := range []string{filepath.Join(dir, "package-lock.json"), filepath.Join(dir, "src", "*"), filepath.Join(dir, "..", "view", "*"), filepath.Join("tools", "assets", "*.go")} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		names = append(names, found...)
	}
	slices.Sort(names)
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		sum.Write(fmt.Appendf(nil, "%s %d\n", filepath.Base(name), len(text))) // a hash takes everything
		sum.Write(text)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// empty removes what an earlier run left in a folder, except the file that keeps the folder in the repository.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, entry := range entries {
		if entry.Name() == ".keep" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, entry.Name())); err != nil {
			return err
		}
	}
	return os.MkdirAll(dir, 0o755)
}
