package web

import (
	"net/http"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/schedule"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
	"github.com/tengi/tengi/wizard"
)

// connections lists the connections of the workspace.
func (app *App) connections(v *visit) error {
	v.Area = "connections"
	waiting, err := v.waitingByConnection()
	if err != nil {
		return err
	}
	page := view.Connections{}
	for _, pipe := range app.Desk.Engine.Pipes(v.workspace.ID) {
		row, err := app.connectionRow(v, pipe)
		if err != nil {
			return err
		}
		row.Waiting = waiting[pipe.ID]
		page.Rows = append(page.Rows, row)
		if row.Health != view.Healthy && row.Health != view.SwitchedOff || row.Waiting > 0 {
			page.Trouble++
		}
	}
	if page.Drafts, err = app.drafts(v); err != nil {
		return err
	}
	return v.show(http.StatusOK, view.ConnectionsPage(v.Page, page))
}

// drafts are the connections that somebody has begun in the wizard and not saved.
func (app *App) drafts(v *visit) ([]view.DraftLine, error) {
	if !v.manages() {
		return nil, nil
	}
	kept, err := app.Desk.Store.Drafts(v.ctx(), v.workspace.ID)
	if err != nil {
		return nil, err
	}
	var list []view.DraftLine
	for _, k := range kept {
		line := view.DraftLine{ID: k.ID, Changed: k.UpdatedAt, Name: v.P.Text("wizard.unnamed")}
		if d, err := wizard.Decode(k.Data); err == nil && d.Connection.Name != "" {
			line.Name = d.Connection.Name
		}
		list = append(list, line)
	}
	return list, nil
}

// waitingByConnection counts what waits for a person in each connection.
func (v *visit) waitingByConnection() (map[string]int, error) {
	groups, err := v.app.Desk.Store.Inbox(v.ctx(), v.workspace.ID)
	if err != nil {
		return nil, err
	}
	waiting := map[string]int{}
	for _, g := range groups {
		waiting[g.ConnectionID] += g.Count
	}
	return waiting, nil
}

// connectionRow is a connection as lists show it.
func (app *App) connectionRow(v *visit, pipe *engine.Pipe) (view.ConnectionRow, error) {
	row := view.ConnectionRow{Key: pipe.Key, Name: pipe.Name, Enabled: pipe.Enabled, Health: view.Healthy}
	if row.Name == "" {
		row.Name = pipe.Key
	}
	row.Path = v.pathOf(pipe)
	row.Health, row.Reason = healthOf(v, pipe)
	next, err := app.Desk.Store.NextRun(v.ctx(), pipe.ID)
	if err != nil {
		return row, err
	}
	row.Schedule = v.scheduleWords(pipe)
	if pipe.Enabled {
		row.Next = v.nextWords(pipe, next)
	}
	row.Polls = v.polls(pipe)
	runs, err := app.Desk.Store.Runs(v.ctx(), pipe.ID, 1)
	if err != nil {
		return row, err
	}
	if len(runs) > 0 {
		row.Last, row.LastFailed = runs[0].StartedAt, runs[0].Problem != ""
		row.Running = runs[0].State != store.RunEnded
	}
	return row, nil
}

// pathOf is the way that a connection's sales take: the names of the services, the source first, each once in a row.
func (v *visit) pathOf(pipe *engine.Pipe) []view.Service {
	var path []view.Service
	for _, a := range pipe.Accounts() {
		if a.Connector == nil || len(path) > 0 && path[len(path)-1].Name == a.Connector.Name {
			continue
		}
		path = append(path, v.app.service(v, a.Connector, ""))
	}
	return path
}

// polls says whether the connection's source is asked by schedule, or only tells by itself.
func (v *visit) polls(pipe *engine.Pipe) bool { return pipe.Trigger != nil && pipe.Trigger.Poll != nil }

// healthOf says whether a connection works, and why not.
func healthOf(v *visit, pipe *engine.Pipe) (health view.Health, reason string) {
	for _, a := range pipe.Accounts() {
		if a.State == tengi.AccountAttention && pipe.Enabled {
			return view.NeedsAttention, v.P.Text("connections.account_attention", "account", accountName(a))
		}
		if a.State == tengi.AccountOff && pipe.Enabled {
			return view.NeedsAttention, v.P.Text("connections.account_off", "account", accountName(a))
		}
	}
	switch {
	case pipe.Problem != nil:
		return view.Broken, pipe.Problem.Error()
	case !pipe.Enabled:
		return view.SwitchedOff, ""
	default:
		return view.Healthy, ""
	}
}

// pipe finds the connection of the address.
func (v *visit) pipe() (*engine.Pipe, error) {
	key := v.r.PathValue("connection")
	for _, p := range v.app.Desk.Engine.Pipes(v.workspace.ID) {
		if p.Key == key {
			return p, nil
		}
	}
	return nil, store.ErrNotFound
}

// connection shows one connection: whether it is on, when it runs, what it has done, and what can be done with it.
func (app *App) connection(v *visit) error {
	pipe, err := v.pipe()
	if err != nil {
		return err
	}
	return app.showConnection(v, http.StatusOK, pipe, scheduleForm(pipe.Schedule))
}

func (app *App) showConnection(v *visit, status int, pipe *engine.Pipe, form view.ScheduleForm) error {
	v.Area = "connections"
	row, err := app.connectionRow(v, pipe)
	if err != nil {
		return err
	}
	waiting, err := v.waitingByConnection()
	if err != nil {
		return err
	}
	row.Waiting = waiting[pipe.ID]
	page := view.Connection{Row: row, Form: form}
	for _, step := range pipe.Steps {
		page.Steps = append(page.Steps, v.stepOf(step))
	}
	page.Trigger = v.triggerOf(pipe)
	page.Past = pipe.Trigger != nil && pipe.Trigger.Backfill != nil
	page.Form.Intervals, page.Form.Days, page.Form.Others = v.intervals(), v.days(), v.others(pipe)
	runs, err := app.Desk.Store.Runs(v.ctx(), pipe.ID, 10)
	if err != nil {
		return err
	}
	for _, r := range runs {
		page.Runs = append(page.Runs, runOf(r))
	}
	dependents, err := app.Desk.Store.Dependents(v.ctx(), pipe.ID)
	if err != nil {
		return err
	}
	for _, id := range dependents {
		if p, ok := app.Desk.Engine.Pipe(id); ok {
			page.Dependents = append(page.Dependents, p.Name)
		}
	}
	return v.show(status, view.ConnectionPage(v.Page, page))
}

// stepOf is a step in words: which action at which account.
func (v *visit) stepOf(step tengi.Step) view.StepLine {
	line := view.StepLine{Title: step.Action, When: step.When}
	if a, ok := v.app.Desk.Engine.Account(step.AccountID); ok && a.Connector != nil {
		line.Account = accountName(a)
		line.Title = v.P.Connector(a.Connector).ActionTitle(step.Action)
	}
	return line
}

// triggerOf is the source in words.
func (v *visit) triggerOf(pipe *engine.Pipe) view.StepLine {
	line := view.StepLine{Title: pipe.Source.Trigger, When: pipe.Source.Filter}
	if pipe.From != nil && pipe.From.Connector != nil {
		line.Account = accountName(pipe.From)
		line.Title = v.P.Connector(pipe.From.Connector).TriggerTitle(pipe.Source.Trigger)
	}
	return line
}

// runOf is a run as pages show it.
func runOf(r store.Run) view.Run {
	return view.Run{ID: r.ID, Kind: string(r.Kind), State: string(r.State), Planned: r.PlannedAt, Started: r.StartedAt, Ended: r.EndedAt, Found: r.Found, Fresh: r.Fresh,
		Known: r.Known(), Done: r.Done, Skipped: r.Skipped, Held: r.Held, Failed: r.Failed, Working: r.Working, Cancelled: r.Cancelled, Problem: r.Problem, Past: pastReport(&r)}
}

// save stores a changed connection and has every engine read it.
func (app *App) saveConnection(v *visit, c tengi.Connection, verb string) error {
	if err := app.Desk.Store.SaveConnection(v.ctx(), c, app.Now()); err != nil {
		return err
	}
	if err := v.record(verb, c.ID); err != nil {
		return err
	}
	return app.Desk.Engine.Changed(v.ctx())
}

// switchConnection switches a connection on or off. Its events are stored all the same, and wait.
func (app *App) switchConnection(v *visit) error {
	pipe, err := v.pipe()
	if err != nil {
		return err
	}
	c := pipe.Connection
	c.Enabled = v.form("on") == "true"
	said := v.P.Text("connections.switched_off", "name", c.Name)
	verb := "connection.off"
	if c.Enabled {
		if pipe.Problem != nil {
			return v.refuse(v.At("connections", c.Key), v.P.Text("connections.broken", "why", pipe.Problem.Error()))
		}
		said, verb = v.P.Text("connections.switched_on", "name", c.Name), "connection.on"
	}
	if err := app.saveConnection(v, c, verb); err != nil {
		return err
	}
	back := v.At("connections")
	if v.form("back") != "" {
		back = v.back()
	}
	return v.done(back, said)
}

// saveSchedule changes when a connection runs.
func (app *App) saveSchedule(v *visit) error {
	pipe, err := v.pipe()
	if err != nil {
		return err
	}
	form, s := v.givenSchedule()
	if form.Wrong == "" {
		c := pipe.Connection
		c.Schedule = s
		err := app.saveConnection(v, c, "connection.schedule")
		if form.Wrong = v.scheduleProblem(err); form.Wrong == "" && err != nil {
			return err
		}
	}
	if form.Wrong != "" {
		return app.showConnection(v, http.StatusUnprocessableEntity, pipe, form)
	}
	said := v.P.Text("common.saved")
	if near, ok := s.TooNear(app.Now(), v.P.Zone()); ok {
		said = v.P.Text("schedules.too_near", "time", near.String())
	}
	return v.done(v.At("connections", pipe.Key), said)
}

// runNow asks for a run at once, whatever the schedule says.
func (app *App) runNow(v *visit) error {
	pipe, err := v.pipe()
	if err != nil {
		return err
	}
	if _, err := app.Desk.Engine.RunOnce(v.ctx(), pipe.ID); err != nil {
		return v.refuseFor(v.At("connections", pipe.Key), err)
	}
	if err := v.record("connection.run", pipe.ID); err != nil {
		return err
	}
	return v.done(v.At("connections", pipe.Key)+"#runs", "")
}

// cancelRun has a run stop.
func (app *App) cancelRun(v *visit) error {
	pipe, err := v.pipe()
	if err != nil {
		return err
	}
	run, err := app.runOfPipe(v, pipe)
	if err != nil {
		return err
	}
	if err := app.Desk.Engine.CancelRun(v.ctx(), run.ID); err != nil {
		return err
	}
	if err := v.record("run.cancel", pipe.ID); err != nil {
		return err
	}
	return v.done(v.At("connections", pipe.Key)+"#runs", v.P.Text("connections.run_cancelled"))
}

// showRun is how far a run has come: a part of the page, asked for again and again while it works.
func (app *App) showRun(v *visit) error {
	pipe, err := v.pipe()
	if err != nil {
		return err
	}
	run, err := app.runOfPipe(v, pipe)
	if err != nil {
		return err
	}
	if !v.live() {
		return v.done(v.At("connections", pipe.Key)+"#runs", "")
	}
	return v.show(http.StatusOK, view.RunRow(v.Page, pipe.Key, runOf(run)))
}

// runOfPipe is the run of the address, which must be one of the connection's.
func (app *App) runOfPipe(v *visit, pipe *engine.Pipe) (store.Run, error) {
	id, err := v.number("run")
	if err != nil {
		return store.Run{}, err
	}
	run, err := app.Desk.Store.Run(v.ctx(), id)
	if err == nil && run.ConnectionID != pipe.ID {
		err = store.ErrNotFound
	}
	return run, err
}

// upcoming is the connection's next run as data.
func (v *visit) upcoming(pipe *engine.Pipe, next time.Time) schedule.Upcoming {
	return pipe.Schedule.Upcoming(next, v.Now, v.P.Zone())
}
