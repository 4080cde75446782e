package view

import (
	"strconv"

	"github.com/a-h/templ"

	"github.com/tengi/tengi/money"
)

// Home is the first page of a workspace.
type Home struct {
	Today    []HomeSum
	Accounts []InboxAccount
	Causes   []HomeCause
	Pulses   []Pulse
	Steps    []SetUpStep // on a hub without a document
	Recipes  []Recipe
}

// HomeSum is what documents of one kind come to in one currency.
type HomeSum struct {
	Kind   string
	Count  int
	Amount money.Amount
}

// HomeCause is one cause for which something waits.
type HomeCause struct {
	Title, Connection string
	Count             int
	To                templ.SafeURL
}

// SetUpStep is one thing to do before the first document.
type SetUpStep struct {
	Key  string
	Done bool
	To   templ.SafeURL
}

// Pulse is what happened at a connection in the last hours.
type Pulse struct {
	Connection   string
	To           templ.SafeURL
	Off, Broken  bool
	Hours        []PulseHour
	Came, Failed int
}

// PulseHour is one hour of it.
type PulseHour struct {
	Hour         string
	Came, Failed int
}

// The picture of a pulse: the height of its highest bar, and the width of each bar with the gap behind it.
const (
	pulseHeight = 36
	pulseBar    = 7
	pulseStep   = 10
)

// bar is one bar of the picture.
type bar struct {
	x, y, height, class string
}

// bars are the picture of a pulse: for each hour what came in, and in front of it what failed. An hour in which nothing happened is a line.
func (pulse Pulse) bars() []bar {
	most := 1
	for _, h := range pulse.Hours {
		most = max(most, h.Came, h.Failed)
	}
	var list []bar
	for i, h := range pulse.Hours {
		add := func(n int, class string) {
			height := 2
			if n > 0 {
				height = max(4, n*pulseHeight/most)
			}
			list = append(list, bar{strconv.Itoa(i * pulseStep), strconv.Itoa(pulseHeight - height), strconv.Itoa(height), class})
		}
		add(h.Came, "pulse-came")
		if h.Failed > 0 {
			add(h.Failed, "pulse-failed")
		}
	}
	return list
}

// width is that of the picture.
func (pulse Pulse) width() string { return strconv.Itoa(len(pulse.Hours) * pulseStep) }

// pulseTop is the height of the picture.
func pulseTop() string { return strconv.Itoa(pulseHeight) }

// pulseWide is the width of a bar.
func pulseWide() string { return strconv.Itoa(pulseBar) }

// viewBox is the picture's own measure.
func (pulse Pulse) viewBox() string { return "0 0 " + pulse.width() + " " + pulseTop() }

// busy are the hours in which something happened.
func (pulse Pulse) busy() []PulseHour {
	var list []PulseHour
	for _, h := range pulse.Hours {
		if h.Came > 0 || h.Failed > 0 {
			list = append(list, h)
		}
	}
	return list
}
