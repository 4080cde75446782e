package control

import (
	"context"
	"time"

	"github.com/tengi/tengi/store"
)

// Item is a delivery that waits for a person.
type Item struct {
	Delivery int64     `json:"delivery"`
	Object   string    `json:"object"` // what it is about
	Reason   string    `json:"reason"`
	Since    time.Time `json:"since"`
}

// Cause is what several deliveries wait for.
type Cause struct {
	Workspace  string `json:"workspace"`  // its key
	Connection string `json:"connection"` // its key
	State      string `json:"state"`      // failed, held, unknown
	Code       string `json:"code"`
	Count      int    `json:"count"`
	Items      []Item `json:"items"` // the newest of them
}

// Inbox lists what waits for a person by cause, by workspace and connection.
func (d *Desk) Inbox(ctx context.Context) ([]Cause, error) {
	config, err := d.Store.Configuration(ctx)
	if err != nil {
		return nil, err
	}
	connections := map[string]string{}
	for _, c := range config.Connections {
		connections[c.ID] = c.Key
	}
	causes := []Cause{}
	for _, w := range config.Workspaces {
		groups, err := d.Store.Inbox(ctx, w.ID)
		if err != nil {
			return nil, err
		}
		for _, g := range groups {
			cause := Cause{Workspace: w.Key, Connection: connections[g.ConnectionID], State: string(g.State), Code: g.Code, Count: g.Count}
			if cause.Items, err = d.items(ctx, g); err != nil {
				return nil, err
			}
			causes = append(causes, cause)
		}
	}
	return causes, nil
}

// items reads the newest deliveries of a group.
func (d *Desk) items(ctx context.Context, g store.Group) ([]Item, error) {
	var items []Item
	for _, id := range g.Latest {
		found, err := d.Store.Deliveries(ctx, store.DeliveryFilter{ConnectionID: g.ConnectionID, States: []store.State{g.State}, Before: id + 1, Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(found) == 1 && found[0].ID == id { // else it has been decided meanwhile
			items = append(items, Item{Delivery: id, Object: found[0].Object, Reason: found[0].Reason, Since: found[0].UpdatedAt})
		}
	}
	return items, nil
}
