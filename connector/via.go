package connector

import (
	"context"
	"net"
	"net/http"
)

// DialFunc opens a connection to a service that does not speak HTTP. network is "tcp", address host:port.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// Dial opens a connection to a service that does not speak HTTP, past the same guard as every request: private addresses are refused unless they were
// allowed. Its errors are classified, and mean that nothing was sent. The caller closes the connection and bounds it by ctx. In a change nothing is written
// to it after the change's time.
func (c *Client) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if c.dial == nil {
		return nil, &Error{Kind: Permanent, Code: CodeAddress, Message: "this program reaches services by HTTP only"}
	}
	conn, err := c.dial(ctx, network, address)
	if err != nil {
		return nil, classifyTransport(err, false, reads)
	}
	if c.latest.IsZero() { // nothing is changed
		return conn, nil
	}
	under, p := &departure{latest: c.latest, talk: true}, &punctual{Conn: conn}
	p.at.Store(under)
	return p, nil
}

// bytesOf turns the request of a change into bytes: those of HTTP, or as they stand where the change has a way of its own.
func (c *Client) bytesOf(change *Change) (*outgoing, error) {
	if change.Via == nil {
		return c.build(&change.Request)
	}
	header := change.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	for name, values := range header {
		if err := checkHeader(name, values); err != nil {
			return nil, err
		}
	}
	return &outgoing{method: change.Method, url: change.Path, header: header, body: change.Body}, nil
}

// convey sends a call by the change's own way, and records it.
func (c *Client) convey(ctx context.Context, change *Change, call Call, out *outgoing) (*Response, error) {
	record := c.recorder.begin(c.now(), &change.Request, out)
	resp, err := change.Via(ctx, call)
	if resp == nil && err == nil {
		err = &Error{Kind: Unknown, Code: CodeAnswerLost, Message: "no answer came, the service may have acted"}
	}
	if resp == nil {
		record.fail(c.now(), err)
	} else {
		resp.changed = true
		record.finish(c.now(), &http.Response{StatusCode: resp.Status, Header: resp.Header}, resp.Body, err)
	}
	if err != nil {
		e := *AsError(err)
		e.Message = c.masks.mask(e.Message)
		return resp, &e
	}
	return resp, nil
}
