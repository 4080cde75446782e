// Package demo tells the stories of the recipes: each in a throw-away hub beside stand-ins for the services, where something happens that sends real
// notices, repeats included. What is told at the end is read back from what the stand-ins hold, never from the hub's own tables. Every story is an
// assertion as well: one that does not come out as it is told is an error.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tengi/tengi/recipes"
)

// Options are how the stories are played.
type Options struct {
	// NumberAfter is how long the stand-in Payday takes to give an invoice its number; before that it cannot be cancelled. The real one takes about a
	// minute.
	NumberAfter time.Duration
	// Patience is how long the stories may take together; 0 = DefaultPatience.
	Patience time.Duration
}

// DefaultPatience is much longer than the stories take on any machine that is not overloaded.
const DefaultPatience = 90 * time.Second

// story is what happens in a recipe's hub, and what must have come of it.
type story interface {
	// play makes things happen at the stand-ins, and returns when the hub has nothing left to do about them.
	play(ctx context.Context, s *stage) error
	// tell reads what the stand-ins hold, and tells it to the stage, also where it is not as it should be.
	tell(s *stage) error
}

// storyOf is the story of a recipe; nil when there is none.
func storyOf(key string) story {
	switch key {
	case "bokun-payday":
		return &bookings{}
	case "booking-imoje":
		return &links{}
	case "form-portmone":
		return &orders{}
	case "paypal-caspit":
		return &payments{}
	case "sheet-portmone":
		return &bills{}
	case "sheet-stripe":
		return &invoices{}
	}
	return nil
}

// told is what came of a story.
type told struct {
	text string
	err  error
}

// Tell plays the stories of some recipes, side by side, and writes them in the order given. The error names every recipe whose story does not come out
// as it is told; what was told is written all the same.
func Tell(ctx context.Context, w io.Writer, all []recipes.Recipe, options Options) error {
	if options.Patience == 0 {
		options.Patience = DefaultPatience
	}
	ctx, cancel := context.WithTimeout(ctx, options.Patience)
	defer cancel()
	ends := make([]chan told, len(all))
	for i, r := range all {
		ends[i] = make(chan told, 1)
		go func() { // the loop below waits for each
			text, err := one(ctx, r, options)
			ends[i] <- told{text, err}
		}()
	}
	var errs []error
	for i, r := range all {
		end := <-ends[i]
		if _, err := io.WriteString(w, end.text); err != nil {
			errs = append(errs, fmt.Errorf("write the story of %s: %w", r.Key, err))
		}
		if end.err != nil {
			errs = append(errs, fmt.Errorf("the story of %s: %w", r.Key, end.err))
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	_, err := io.WriteString(w, "Everything came out as it should; all of it was read back from the stand-ins.\n")
	return err
}

// one plays the story of one recipe on a stage of its own.
func one(ctx context.Context, r recipes.Recipe, options Options) (text string, err error) {
	play := storyOf(r.Key)
	if play == nil {
		return "", errors.New("nobody has written one")
	}
	s, err := open(ctx, r, options)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := play.play(ctx, s); err != nil {
		return "", errors.Join(err, s.unfinished(ctx))
	}
	return s.report(ctx, play)
}

// report has a story told that was played.
func (s *stage) report(ctx context.Context, play story) (string, error) {
	if err := play.tell(s); err != nil {
		return s.text(), err
	}
	if s.wrong > 0 {
		return s.text(), errors.Join(fmt.Errorf("%d of its outcomes are not as they should be", s.wrong), s.unfinished(ctx))
	}
	return s.text(), nil
}

// text is what was told so far, below the recipe's name.
func (s *stage) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)\n%s\n", s.recipe.Title("en"), s.recipe.Key, s.recipe.Summary("en"))
	for i, c := range s.chapters {
		fmt.Fprintf(&b, "%d. %s\n", i+1, c.title)
		for _, line := range c.lines {
			fmt.Fprintf(&b, "   %s\n", line)
		}
	}
	b.WriteByte('\n')
	return b.String()
}

// chapter is one thing that happened, and what came of it.
type chapter struct {
	title string
	lines []string
}

// begin begins another chapter.
func (s *stage) begin(format string, args ...any) {
	s.chapters = append(s.chapters, chapter{title: fmt.Sprintf(format, args...)})
}

// says adds a line to the chapter.
func (s *stage) says(format string, args ...any) {
	c := &s.chapters[len(s.chapters)-1]
	c.lines = append(c.lines, fmt.Sprintf(format, args...))
}

// want notes an outcome that must hold. What is said of it is only told when it does not.
func (s *stage) want(holds bool, format string, args ...any) {
	if !holds {
		s.wrong++
		s.says("WRONG: "+format, args...)
	}
}
