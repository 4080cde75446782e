package main

import (
	"context"
	"time"

	"github.com/tengi/tengi/demo"
	"github.com/tengi/tengi/recipes"
)

type demoCommand struct {
	Once        bool          `required:"" help:"Tell the stories once, and exit."`
	Recipe      string        `help:"Tell the story of this recipe only; tengi recipe lists them." placeholder:"KEY"`
	NumberAfter time.Duration `default:"200ms" help:"How long the stand-in Payday takes to number an invoice. The real one takes about a minute."`
}

// Run has something happen at the stand-ins of every recipe and tells what stands in them afterwards.
func (c *demoCommand) Run(ctx context.Context, o *output) error {
	all := recipes.All()
	if c.Recipe != "" {
		one, err := findRecipe(c.Recipe)
		if err != nil {
			return err
		}
		all = []recipes.Recipe{one}
	}
	return demo.Tell(ctx, o.out, all, demo.Options{NumberAfter: c.NumberAfter})
}
