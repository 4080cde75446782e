package file

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connectors/internal/rows"
)

const (
	// maxFile is the largest file that is read, and maxFiles how many a folder may hold.
	maxFile  = 16 << 20
	maxFiles = 1000
	// rest is how long a file must have stayed as it is: whoever copies a large one takes a while.
	rest = 20 * time.Second
)

// memory is what is remembered of a folder: of each file in it what it was when it was last looked at.
type memory struct {
	Version int             `json:"v"`
	Files   map[string]seen `json:"files"` // by a digest of the name
}

// seen is a file as it was.
type seen struct {
	Size    int64  `json:"size"`
	Changed int64  `json:"changed"` // as the file system says, unix ms
	Digest  string `json:"digest"`
	Since   int64  `json:"since"` // when it was first seen so, unix ms
	Done    bool   `json:"done,omitempty"`
}

func (s seen) same(other seen) bool {
	return s.Size == other.Size && s.Changed == other.Changed && s.Digest == other.Digest
}

// poll reads the files of the folder that are new or changed, one at a time. A file is taken when it is the same as at the look before; it is neither
// moved nor removed, and known by its name and content.
func poll(_ context.Context, c *connector.Client, cursor connector.Cursor) (connector.Polled, error) {
	folder := c.Settings.Text("folder")
	if folder == "" {
		return connector.Polled{Cursor: cursor}, nil
	}
	before := memory{}
	if cursor != "" {
		if err := json.Unmarshal([]byte(cursor), &before); err != nil || before.Version != 1 {
			return connector.Polled{}, refusal("what is remembered of the folder cannot be read: make the connection anew")
		}
	}
	opened, err := c.Folder(folder)
	if err != nil {
		return connector.Polled{}, err
	}
	names, err := tables(opened, c.Settings.Text("names"))
	if err != nil {
		return connector.Polled{}, err
	}
	first := cursor == "" && c.Settings.Text("existing") != existingSend
	out := connector.Polled{}
	now := memory{Version: 1, Files: make(map[string]seen, len(names))}
	for _, name := range names {
		key := digest([]byte(name))[:16]
		is, data, err := look(opened, name, before.Files[key])
		switch {
		case errors.Is(err, fs.ErrNotExist): // it was taken away while we looked
			continue
		case err != nil:
			return connector.Polled{}, err
		}
		was := before.Files[key]
		switch {
		case first:
			is.Done = true
		case was.Done && was.Digest == is.Digest:
			is.Done = true
		case !was.same(is):
			is.Since = c.Now().UnixMilli()
		case c.Now().UnixMilli()-was.Since < rest.Milliseconds():
			is.Since = was.Since
		case len(out.Events) > 0:
			is.Since, out.More = was.Since, true // one file a page
		case is.Size > maxFile:
			reason := fmt.Sprintf("the file %s cannot be read: it has more than %d MB; divide it", shown(name), maxFile>>20)
			out.Events, is.Done = []tengi.Event{rows.Held(reason, "file", name, is.Digest)}, true
		default:
			out.Events, is.Done = events(c.Settings, name, data), true
		}
		now.Files[key] = is
	}
	for i := range out.Events {
		out.Events[i].ReceivedAt = c.Now()
	}
	text, err := json.Marshal(now)
	if err != nil {
		return connector.Polled{}, fmt.Errorf("write the cursor: %w", err)
	}
	out.Cursor = connector.Cursor(text)
	return out, nil
}

// backfill reads the files that are in the folder, one a page, whether or not they were left alone. The date of a row says whether it is of the span; one
// without a date is.
func backfill(_ context.Context, c *connector.Client, span connector.Span, cursor connector.Cursor) (connector.Polled, error) {
	folder := c.Settings.Text("folder")
	if folder == "" {
		return connector.Polled{}, refusal("the account watches no folder: send the files to its address again, what came already does not come twice")
	}
	opened, err := c.Folder(folder)
	if err != nil {
		return connector.Polled{}, err
	}
	names, err := tables(opened, c.Settings.Text("names"))
	if err != nil {
		return connector.Polled{}, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name <= string(cursor) })
	if len(names) == 0 {
		return connector.Polled{Cursor: cursor}, nil
	}
	name := names[0]
	out := connector.Polled{Cursor: connector.Cursor(name), More: len(names) > 1}
	is, data, err := look(opened, name, seen{})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return out, nil
	case err != nil:
		return connector.Polled{}, err
	case is.Size > maxFile:
		out.Events = []tengi.Event{rows.Held(fmt.Sprintf("the file %s cannot be read: it has more than %d MB; divide it", shown(name), maxFile>>20), "file", name, is.Digest)}
	default:
		for _, e := range events(c.Settings, name, data) {
			if rows.Within(e, inZone(c, span.From), inZone(c, span.To)) {
				out.Events = append(out.Events, e)
			}
		}
	}
	for i := range out.Events {
		out.Events[i].ReceivedAt = c.Now()
	}
	return out, nil
}

// inZone is a moment as the clocks of the workspace show it; nothing stays nothing.
func inZone(c *connector.Client, t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(c.Zone())
}

// tables are the names of the files in a folder that may be tables, in order. Links, folders and what programs put there for themselves are passed over.
func tables(folder fs.FS, pattern string) ([]string, error) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, &connector.Error{Kind: connector.Temporary, Code: connector.CodeFolder, Message: "the folder cannot be looked into: see that the hub may read it", Err: bare(err)}
	}
	var names []string
	for _, entry := range entries {
		name := entry.Name()
		if !entry.Type().IsRegular() || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~") {
			continue
		}
		if pattern != "" {
			if matches, err := path.Match(strings.ToLower(pattern), strings.ToLower(name)); err != nil {
				return nil, refusal(fmt.Sprintf("%q is no pattern of names: a star stands for anything, such as bookings-*.csv", pattern))
			} else if !matches {
				continue
			}
		}
		if slices.Contains([]string{".csv", ".tsv", ".txt", ".xlsx"}, strings.ToLower(path.Ext(name))) {
			names = append(names, name)
		}
	}
	if len(names) > maxFiles {
		return nil, refusal(fmt.Sprintf("the folder holds %d files, more than %d: move those that were read long ago elsewhere", len(names), maxFiles))
	}
	slices.Sort(names)
	return names, nil
}

// look reads a file. One that was read and that looks untouched is not read again.
func look(folder fs.FS, name string, was seen) (seen, []byte, error) {
	refuse := func(err error) (seen, []byte, error) {
		if errors.Is(err, fs.ErrNotExist) {
			return seen{}, nil, fs.ErrNotExist
		}
		return seen{}, nil, &connector.Error{Kind: connector.Temporary, Code: connector.CodeFolder, Message: fmt.Sprintf("the file %s cannot be read: see that the hub may", shown(name)), Err: bare(err)}
	}
	file, err := folder.Open(name)
	if err != nil {
		return refuse(err)
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	if err != nil {
		return refuse(err)
	}
	is := seen{Size: info.Size(), Changed: info.ModTime().UnixMilli(), Since: was.Since}
	switch {
	case !info.Mode().IsRegular():
		return seen{}, nil, fs.ErrNotExist
	case was.Done && was.Size == is.Size && was.Changed == is.Changed:
		is.Digest = was.Digest
		return is, nil, nil
	case is.Size > maxFile: // a digest of what it looks like will do to see that nobody writes to it any more
		is.Digest = digest(fmt.Append(nil, is.Size, is.Changed))
		return is, nil, nil
	}
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return refuse(err)
	}
	is.Digest = digest(data)
	return is, data, nil
}

// bare is an error of the file system without the path, which is the operator's.
func bare(err error) error {
	if fault, ok := errors.AsType[*fs.PathError](err); ok {
		return fault.Err
	}
	return err
}
