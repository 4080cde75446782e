package connectortest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestControl breaks one promise of the toy at a time and wants the suite to notice, because a suite that cannot fail proves nothing. A failing
// test fails its whole process, so each runs in one of its own.
func TestControl(t *testing.T) {
	t.Parallel()
	for broken, want := range map[string]string{
		"label":        "label of token",
		"summary":      "is not a sentence",
		"default":      "the defaults of its fields",
		"secret input": "those belong to the account",
		"total":        "it makes a document of",
		"heading":      "has no heading",
		"icon":         "holds a script",
		"sample":       "there is no samples/note.json",
		"sample type":  "does not report the type",
		"sample data":  "id",
		"locale":       "does not translate",
		"language":     "there is no locale/he.json",
		"explained":    "does not translate errors.torn",
		"guide":        "other headings",
		"check":        "the login passes",
		"rate limit":   "want temporary",
		"failure":      "a lost answer is temporary",
		"login":        "want attention",
		"poll":         "the login passes",
		"signature":    "not refused",
		"dedupe":       "the same notice twice is not the same",
		"body":         "kept the body",
		"type":         "no trigger reports the type",
		"unjournaled":  "it journals no call",
		"key":          "the stand-in holds 2 more",
		"repeatable":   "the stand-in holds 2 more",
		"asks":         "it ends with unknown",
		"leak":         "the request holds the secret",
		"error leak":   "stands in what is kept",
		"twice":        "the stand-in holds 2 more",
		"plain error":  "neither succeeds nor asks a person",
		"find":         "the stand-in holds 2 more",
		"kind":         "of kind",
		"undo":         "it ends with permanent",
		"anew":         "which it does not have",
	} {
		t.Run(broken, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestToy$")
			cmd.Env = append(os.Environ(), brokenVariable+"="+broken)
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Fatalf("the suite passes a connector whose %s is broken", broken)
			}
			if !strings.Contains(string(out), want) {
				t.Errorf("the suite fails without saying %q:\n%.3000s", want, out)
			}
		})
	}
}
