package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/tengi/tengi/recipes"
)

type recipeCommand struct {
	Key      string `arg:"" optional:"" help:"The recipe to write. Without it they are listed."`
	Language string `default:"en" help:"Of the list: en, is, uk, he or pl."`
}

// Run lists the recipes, or writes one as a file for tengi apply.
func (c *recipeCommand) Run(o *output) error {
	if c.Key != "" {
		r, err := findRecipe(c.Key)
		if err == nil {
			_, err = io.WriteString(o.out, r.File())
		}
		return err
	}
	var list strings.Builder
	for _, r := range recipes.All() {
		fmt.Fprintf(&list, "%s\n  %s: %s\n", r.Key, r.Title(c.Language), r.Summary(c.Language))
	}
	_, err := io.WriteString(o.out, list.String())
	return err
}

// findRecipe finds a recipe, or says which there are.
func findRecipe(key string) (recipes.Recipe, error) {
	r, ok := recipes.Find(key)
	if !ok {
		var keys []string
		for _, known := range recipes.All() {
			keys = append(keys, known.Key)
		}
		return r, fmt.Errorf("there is no recipe %q; there are %s", key, strings.Join(keys, ", "))
	}
	return r, nil
}
