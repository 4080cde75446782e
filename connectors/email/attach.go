package email

import (
	"bytes"
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/tengi/tengi/connector"
)

// maxAttachment is the longest document that is attached, in bytes. In the message it is a third longer, and mail servers refuse from 10 MB on.
const maxAttachment = 3 << 20

// fetch reads a document behind a public link. No login goes there, its bytes stay out of the record, and only the hosts that the account names are asked:
// an address may come from an event, and an event from anybody.
func fetch(ctx context.Context, c *connector.Client, address string) ([]byte, error) {
	allowed, err := hosts(c.Settings.Text("attach_hosts"))
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return nil, connector.Refusal("attach", "attach", "the link to the document is not a whole web address")
	}
	if !slices.Contains(allowed, strings.ToLower(u.Host)) {
		return nil, connector.Refusal("attach_host", "attach", "documents are not fetched from this host: name it in the e-mail account under “Hosts of documents”")
	}
	resp, err := c.Read(ctx, connector.Request{Path: address, Private: true})
	switch e := connector.AsError(err); {
	case err != nil && (e.Kind == connector.Attention || e.Status == 404):
		return nil, connector.Refusal("attach", "attach", "the document cannot be fetched by its link alone: send the link instead")
	case err != nil:
		return nil, err
	case len(resp.Body) > maxAttachment:
		return nil, connector.Refusal("attach_size", "attach", "the document is longer than 3 MB: send the link instead")
	case !bytes.HasPrefix(resp.Body, []byte("%PDF-")): // ISO 32000-1 section 7.5.2
		return nil, connector.Refusal("attach", "attach", "behind the link is no PDF document: give the link to the PDF itself")
	}
	return resp.Body, nil
}

// hosts splits the hosts of an account: a host, with its port where it is not the usual one.
func hosts(text string) ([]string, error) {
	var list []string
	for host := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return r == ',' || r == ' ' || r == ';' }) {
		if u, err := url.Parse("https://" + host); err != nil || u.Host != host || u.Hostname() == "" {
			return nil, attention("attach_hosts", "under “Hosts of documents” write names of hosts with commas between, without https://")
		}
		list = append(list, host)
	}
	return list, nil
}
