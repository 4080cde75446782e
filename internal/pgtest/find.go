package pgtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// oldest is the first major version the hub supports.
const oldest = 15

// places lists the folders where the server's programs may be, those of the packagers' habits first: Debian keeps initdb and postgres away
// from PATH, in a folder for each version.
func places(ctx context.Context) []string {
	var dirs []string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/opt/postgresql*/bin", "/opt/homebrew/opt/postgresql*/bin"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			panic(err) // only a malformed pattern, which is ours
		}
		dirs = append(dirs, found...)
	}
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	if postgres, err := exec.LookPath("postgres"); err == nil {
		if target, err := filepath.EvalSymlinks(postgres); err == nil {
			dirs = append(dirs, filepath.Dir(target))
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// search returns the folder with the newest server that is not too old; version tells the major version of a server program.
func search(dirs []string, version func(postgres string) int) (string, error) {
	best, newest, seen := "", 0, 0
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
			continue
		}
		major := version(filepath.Join(dir, "postgres"))
		seen = max(seen, major)
		if major >= oldest && major > newest {
			best, newest = dir, major
		}
	}
	switch {
	case best != "":
		return best, nil
	case seen > 0:
		return "", fmt.Errorf("the installed PostgreSQL %d is older than %d", seen, oldest)
	default:
		return "", fmt.Errorf("the server of PostgreSQL is not installed")
	}
}

// versionText is what `postgres --version` prints: "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "... 17beta1".
var versionText = regexp.MustCompile(`^postgres \(PostgreSQL\) (\d+)`)

// versionOf asks a server program for its major version; 0 when it does not say.
func versionOf(ctx context.Context, postgres string) int {
	out, err := exec.CommandContext(ctx, postgres, "--version").Output()
	if err != nil {
		return 0
	}
	return parseVersion(string(out))
}

func parseVersion(text string) int {
	match := versionText.FindStringSubmatch(text)
	if match == nil {
		return 0
	}
	major, err := strconv.Atoi(match[1])
	if err != nil {
		return 0
	}
	return major
}
