package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/store"
)

// How soon a delivery that waits for that of another connection looks again: when the clock comes next there, and when a person does.
const (
	upstreamWorks = 2 * time.Second
	upstreamRests = time.Minute
)

const codeUpstream = "upstream_works"

// upstream is what the connection that the job's runs after has made of the same object. wait is the outcome with which the delivery waits for it;
// nil when there is nothing to wait for.
func (j *job) upstream(ctx context.Context) (documents []tengi.Document, wait *store.Outcome, err error) {
	after := j.pipe.Schedule.After
	if after == "" {
		return nil, nil, nil
	}
	up, err := j.engine.store.Upstream(ctx, after, j.d.EventID, j.d.Object)
	if err != nil || acted(&j.in) || !up.Working && up.Waits == "" {
		return up.Documents, nil, err
	}
	name := after
	if pipe, ok := j.engine.Pipe(after); ok {
		name = pipe.Name
	}
	now := j.engine.store.Now()
	out := putBack(j.d, now)
	if up.Working {
		out.Next.Code, out.Next.Reason = codeUpstream, fmt.Sprintf("%s is still at work on it", name)
		out.Next.DueAt = now.Add(j.engine.hurry(upstreamWorks))
	} else {
		out.Next.Code, out.Next.Reason = store.CodeUpstreamHeld, fmt.Sprintf("%s has not done its part: its delivery is %s", name, up.Waits)
		out.Next.DueAt = now.Add(j.engine.hurry(upstreamRests))
	}
	return nil, &out, nil
}
