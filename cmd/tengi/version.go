package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/tengi/tengi/store"
)

type versionCommand struct{}

// Run prints what was built, from what, with what, and the schema it writes.
func (versionCommand) Run(o *output) error {
	info, _ := debug.ReadBuildInfo()
	_, err := fmt.Fprintf(o.out, "tengi %s, schema %d, %s %s/%s\n", versionOf(info), store.Schema(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// versionOf is the module's version and the commit it was built from, as far as they are known.
func versionOf(info *debug.BuildInfo) string {
	version := "development"
	if info == nil {
		return version
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		version = info.Main.Version
	}
	revision, changed := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = " " + s.Value[:min(len(s.Value), 12)]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = " with changes"
		}
	}
	return version + revision + changed
}
