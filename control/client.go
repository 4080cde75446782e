package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"syscall"

	"github.com/tengi/tengi/setup"
)

// ErrNoHub says that no hub answers in a data directory.
var ErrNoHub = errors.New("no hub runs here")

// Client asks a running hub.
type Client struct{ http *http.Client }

// Dial finds the hub that runs on a data directory. The error is ErrNoHub when there is none, and another one when there may be one that this user may
// not talk to.
func Dial(ctx context.Context, data string) (*Client, error) {
	path := filepath.Join(data, socketName)
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED): // never started, or killed
		return nil, ErrNoHub
	case err != nil:
		return nil, fmt.Errorf("talk to the hub that runs on %s: %w", data, err)
	}
	if err := conn.Close(); err != nil {
		return nil, fmt.Errorf("talk to the hub that runs on %s: %w", data, err)
	}
	return &Client{&http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return dialer.DialContext(ctx, "unix", path) },
	}}}, nil
}

// Apply is [Desk.Apply] at the hub.
func (c *Client) Apply(ctx context.Context, in setup.Input, dry bool) (report setup.Report, err error) {
	err = c.ask(ctx, "/apply", applyRequest{in, dry}, &report)
	return report, err
}

// Export is [Desk.Export] at the hub.
func (c *Client) Export(ctx context.Context) (text string, err error) {
	err = c.ask(ctx, "/export", struct{}{}, &text)
	return text, err
}

// Inbox is [Desk.Inbox] at the hub.
func (c *Client) Inbox(ctx context.Context) (causes []Cause, err error) {
	err = c.ask(ctx, "/inbox", struct{}{}, &causes)
	return causes, err
}

// Decide is [Desk.Decide] at the hub.
func (c *Client) Decide(ctx context.Context, what Decision) error {
	return c.ask(ctx, "/decide", what, &struct{}{})
}

// Doctor is [Desk.Doctor] at the hub.
func (c *Client) Doctor(ctx context.Context) (findings []Finding, err error) {
	err = c.ask(ctx, "/doctor", struct{}{}, &findings)
	return findings, err
}

// StartRun is [Desk.StartRun] at the hub.
func (c *Client) StartRun(ctx context.Context, in RunRequest) (p Progress, err error) {
	err = c.ask(ctx, "/run/start", in, &p)
	return p, err
}

// RunProgress is [Desk.RunProgress] at the hub.
func (c *Client) RunProgress(ctx context.Context, runID int64) (p Progress, err error) {
	err = c.ask(ctx, "/run/progress", runID, &p)
	return p, err
}

// CancelRun is [Desk.CancelRun] at the hub.
func (c *Client) CancelRun(ctx context.Context, runID int64) (p Progress, err error) {
	err = c.ask(ctx, "/run/cancel", runID, &p)
	return p, err
}

// ask sends a command and reads the answer.
func (c *Client) ask(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("write the command: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://hub"+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("write the command: %w", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("ask the running hub: %w", err)
	}
	defer resp.Body.Close()
	var a answer
	content, err := io.ReadAll(io.LimitReader(resp.Body, maxRequest))
	if err == nil {
		err = json.Unmarshal(content, &a)
	}
	switch {
	case err != nil:
		return fmt.Errorf("the running hub answered %d and not as expected: is it another version of Tengi?", resp.StatusCode)
	case a.Error != "":
		return errors.New(a.Error)
	}
	if err := json.Unmarshal(a.Value, out); err != nil {
		return fmt.Errorf("the running hub's answer cannot be read: is it another version of Tengi?: %w", err)
	}
	return nil
}
