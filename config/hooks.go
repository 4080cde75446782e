package config

import (
	"os"

	"github.com/alecthomas/kong"
)

// fileOption is the option that names the file; it cannot stand in the file itself.
const fileOption = "config"

// BeforeResolve is kong's hook between reading the command line and looking elsewhere: it reads the file, if one is named, and offers its values.
func (s *Serve) BeforeResolve(ctx *kong.Context) error {
	s.sources = map[string]string{}
	for _, flag := range ctx.Flags() {
		if flag.Name != fileOption {
			continue
		}
		name, _ := ctx.FlagValue(flag).(string)
		if name == "" {
			return nil
		}
		f, err := readFile(name)
		if err != nil {
			return err
		}
		ctx.AddResolver(resolver{file: f, sources: s.sources})
	}
	return nil
}

// BeforeApply is kong's hook before the values are set: it notes where each one came from, and takes the key from the environment.
func (s *Serve) BeforeApply(ctx *kong.Context) error {
	given := map[string]bool{}
	for _, step := range ctx.Path {
		if step.Flag != nil && !step.Resolved {
			given[step.Flag.Name] = true
		}
	}
	for _, o := range Options() {
		_, inEnv := os.LookupEnv(o.Env)
		switch {
		case given[o.Name]:
			s.sources[o.Name] = "flag --" + o.Name
		case inEnv:
			s.sources[o.Name] = "environment " + o.Env
		case s.sources[o.Name] == "": // the resolver has noted what came from the file
			s.sources[o.Name] = "default"
		}
		if o.EnvOnly {
			s.Key = Secret(os.Getenv(o.Env))
		}
	}
	return nil
}

// resolver offers kong the values of the file and notes which were taken. It is asked for flags that the command line did not give.
type resolver struct {
	file    *file
	sources map[string]string
}

var _ kong.Resolver = resolver{}

// Resolve gives the file's value of a flag, or nil: also when the environment has one, because kong lets a resolver win over the environment.
func (r resolver) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	value, ok := r.file.values[flag.Name]
	if !ok {
		return nil, nil
	}
	for _, env := range flag.Envs {
		if _, ok := os.LookupEnv(env); ok {
			return nil, nil
		}
	}
	r.sources[flag.Name] = value.at
	return value.text, nil
}

// Validate has nothing to add: reading the file has checked its keys.
func (r resolver) Validate(*kong.Application) error { return nil }
