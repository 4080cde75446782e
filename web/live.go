package web

import (
	"fmt"
	"net/http"
	"time"
)

// How a reader is told of changes: no more often than liveEvery, with a sign of life each liveBreath, and anew after liveLife, so that a session that has
// ended since is noticed.
const (
	liveEvery  = time.Second
	liveBreath = 25 * time.Second
	liveLife   = 15 * time.Minute
)

// live tells a page, for as long as it is open, that something in its workspace has changed (server-sent events). It says no more than that: the page
// asks for the part of itself that may have changed.
func (app *App) live(v *visit) error {
	watch := app.Desk.Store.Watch(v.workspace.ID)
	defer watch.Close()
	out := http.NewResponseController(v.w)
	if err := out.SetWriteDeadline(time.Time{}); err != nil {
		return fmt.Errorf("keep an answer open: %w", err)
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy that collects answers would keep every change for itself
	say := func(text string) bool {
		_, err := v.w.Write([]byte(text))
		return err == nil && out.Flush() == nil
	}
	breath, end := time.NewTicker(liveBreath), time.NewTimer(liveLife)
	defer breath.Stop()
	defer end.Stop()
	for going := say("retry: 2000\n: listening\n\n"); going; {
		select {
		case <-watch.C:
			going = say("event: changed\ndata: 1\n\n") && app.pause(v)
		case <-breath.C:
			going = say(": still here\n\n")
		case <-end.C:
			return nil
		case <-app.Ending:
			return nil
		case <-v.ctx().Done():
			return nil
		}
	}
	return nil
}

// pause waits before the next change is told.
func (app *App) pause(v *visit) bool {
	timer := time.NewTimer(liveEvery)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-app.Ending:
	case <-v.ctx().Done():
	}
	return false
}
