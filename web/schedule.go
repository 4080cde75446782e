package web

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/schedule"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
)

// The ways a schedule is chosen in its form.
const (
	byNothing  = "never"
	byInterval = "every"
	byTimes    = "at"
	byAnother  = "after"
)

// scheduleForm is a schedule as its form shows it.
func scheduleForm(s schedule.Schedule) view.ScheduleForm {
	form := view.ScheduleForm{Kind: byNothing, Every: schedule.FormatInterval(15 * time.Minute), After: s.After, OnlyOK: s.Only == schedule.OK}
	switch {
	case s.Every > 0:
		form.Kind, form.Every = byInterval, schedule.FormatInterval(s.Every)
	case len(s.At) > 0:
		form.Kind = byTimes
	case s.After != "":
		form.Kind = byAnother
	}
	times := make([]string, len(s.At))
	for i, t := range s.At {
		times[i] = t.String()
	}
	form.At = strings.Join(times, ", ")
	for _, d := range s.On {
		form.On = append(form.On, schedule.DayKey(d))
	}
	return form
}

// givenSchedule reads the form of a schedule. Wrong says in the reader's language what is wrong with it.
func (v *visit) givenSchedule() (form view.ScheduleForm, s schedule.Schedule) {
	form = view.ScheduleForm{Kind: v.form("kind"), Every: v.form("every"), At: v.form("at"), After: v.form("after"), OnlyOK: v.form("only") == "true", On: v.r.Form["on"]}
	switch form.Kind {
	case byNothing:
		return form, schedule.Schedule{}
	case byInterval:
		every, err := schedule.ParseInterval(form.Every)
		if err != nil {
			form.Wrong = v.P.Text("schedules.wrong_interval")
		}
		s.Every = every
	case byTimes:
		s.At, form.Wrong = v.givenTimes(form.At)
		for _, key := range form.On {
			day, err := schedule.ParseDay(key)
			if err != nil {
				form.Wrong = v.P.Text("common.wrong_value")
			}
			s.On = append(s.On, day)
		}
	case byAnother:
		s.After = form.After
		if form.OnlyOK {
			s.Only = schedule.OK
		}
		other, ok := v.app.Desk.Engine.Pipe(form.After)
		if !ok || other.WorkspaceID != v.workspace.ID {
			form.Wrong = v.P.Text("schedules.choose_other")
		}
	default:
		form.Wrong = v.P.Text("common.wrong_value")
	}
	s = s.Sorted()
	if form.Wrong == "" && s.Check() != nil {
		form.Wrong = v.P.Text("schedules.wrong_times")
	}
	return form, s
}

// givenTimes reads times of day, with commas or blanks between them.
func (v *visit) givenTimes(text string) (times []schedule.TimeOfDay, wrong string) {
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == ';' }) {
		t, err := schedule.ParseTime(part)
		if err != nil {
			return nil, v.P.Text("schedules.wrong_time", "time", part)
		}
		if !slices.Contains(times, t) {
			times = append(times, t)
		}
	}
	if len(times) == 0 {
		return nil, v.P.Text("schedules.wrong_times")
	}
	return times, ""
}

// scheduleProblem says what a store refuses a schedule for; empty when it did not.
func (v *visit) scheduleProblem(err error) string {
	var cycle *store.CycleError
	if errors.As(err, &cycle) {
		return v.P.Text("schedules.cycle", "connections", strings.Join(cycle.Keys, " → "))
	}
	return ""
}

// scheduleWords says when a connection runs: "every 15 minutes", "Monday and Tuesday at 08:00 and 17:30".
func (v *visit) scheduleWords(pipe *engine.Pipe) string {
	s := pipe.Schedule
	switch {
	case s.After != "":
		name := v.nameOfPipe(s.After)
		if s.Only == schedule.OK {
			return v.P.Text("schedules.after_ok", "connection", name)
		}
		return v.P.Text("schedules.after", "connection", name)
	case s.Every > 0:
		return v.P.Every(s.Every)
	case len(s.At) > 0:
		times := make([]string, len(s.At))
		for i, t := range s.At {
			times[i] = t.String()
		}
		if len(s.On) == 0 {
			return v.P.Text("schedules.daily", "times", v.P.List(times))
		}
		days := make([]string, len(s.On))
		for i, d := range s.On {
			days[i] = v.P.Weekday(d)
		}
		return v.P.Text("schedules.weekly", "days", v.P.List(days), "times", v.P.List(times))
	case pipe.Trigger != nil && pipe.Trigger.Poll == nil:
		return v.P.Text("schedules.instant")
	default:
		return v.P.Text("schedules.never")
	}
}

// nextWords says when the next run is: "tomorrow at 12:10".
func (v *visit) nextWords(pipe *engine.Pipe, next time.Time) string {
	switch u := v.upcoming(pipe, next); u.Kind {
	case schedule.Now:
		return v.P.Text("schedules.now")
	case schedule.InTime:
		return v.P.When(v.Now, u.At)
	case schedule.Chained:
		return v.P.Text("schedules.chained", "connection", v.nameOfPipe(pipe.Schedule.After))
	default:
		return ""
	}
}

// nameOfPipe is what a connection is called.
func (v *visit) nameOfPipe(id string) string {
	p, ok := v.app.Desk.Engine.Pipe(id)
	if !ok || p.WorkspaceID != v.workspace.ID {
		return "?"
	}
	return p.Name
}

// intervals are those that may be chosen, in words.
func (v *visit) intervals() []view.Choice {
	list := make([]view.Choice, len(schedule.Intervals))
	for i, d := range schedule.Intervals {
		list[i] = view.Choice{Value: schedule.FormatInterval(d), Label: v.P.Every(d)}
	}
	return list
}

// days are the days of the week, Monday first.
func (v *visit) days() []view.Choice {
	list := make([]view.Choice, 0, 7)
	for i := range 7 {
		day := time.Weekday((i + 1) % 7)
		list = append(list, view.Choice{Value: schedule.DayKey(day), Label: v.P.Weekday(day)})
	}
	return list
}

// others are the connections that one may run after.
func (v *visit) others(pipe *engine.Pipe) []view.Choice {
	var list []view.Choice
	for _, p := range v.app.Desk.Engine.Pipes(v.workspace.ID) {
		if p.ID != pipe.ID {
			list = append(list, view.Choice{Value: p.ID, Label: p.Name})
		}
	}
	return list
}
