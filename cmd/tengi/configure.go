package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/tengi/tengi/setup"
)

type applyCommand struct {
	where
	Files []string `arg:"" name:"file" help:"YAML files; - is standard input."`
	Dry   bool     `name:"dry-run" help:"Say what would change, and change nothing."`
}

// Run applies the files. Everything is checked before anything is stored.
func (c *applyCommand) Run(ctx context.Context, o *output) error {
	files := make([]setup.File, len(c.Files))
	for i, name := range c.Files {
		text, err := readFile(name)
		if err != nil {
			return err
		}
		files[i] = setup.File{Name: name, Text: string(text)}
	}
	in := setup.Gather(files, setup.Look{Env: os.LookupEnv, File: readSecret})
	return c.with(ctx, func(ctx context.Context, at installation) error {
		report, err := at.Apply(ctx, in, c.Dry)
		if err != nil {
			return err
		}
		return report.Write(o.out)
	})
}

func readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(os.Stdin, setup.MaxFile+1))
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read what to apply: %w", err)
	}
	return text, nil
}

// maxSecret bounds what is read of a file that a secret is in; setup takes less.
const maxSecret = 1 << 20

func readSecret(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxSecret))
}

type exportCommand struct{ where }

// Run writes the configuration.
func (c *exportCommand) Run(ctx context.Context, o *output) error {
	return c.with(ctx, func(ctx context.Context, at installation) error {
		text, err := at.Export(ctx)
		if err == nil {
			_, err = io.WriteString(o.out, text)
		}
		return err
	})
}
