package email

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
)

// Mail is a message in the stand-in's mailbox.
type Mail struct {
	ID          string       `json:"id"` // in the server's queue
	MessageID   string       `json:"message_id"`
	EnvelopeTo  []string     `json:"envelope_to"`
	From        string       `json:"from"`
	To          string       `json:"to"`
	ReplyTo     string       `json:"reply_to,omitempty"`
	Subject     string       `json:"subject"`
	Date        string       `json:"date"`
	Language    string       `json:"language,omitempty"`
	Text        string       `json:"text"`
	HTML        string       `json:"html"`
	Attachments []Attachment `json:"attachments,omitempty"`
	Raw         []byte       `json:"-"`
}

// Attachment is a file in a message.
type Attachment struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Size int    `json:"size"`
	Data []byte `json:"-"`
}

// keep puts a message into the mailbox, when it is one.
func (f *Fake) keep(from string, to []string, raw []byte) (id string, err error) {
	m, err := readMail(raw)
	if err != nil {
		return "", err
	}
	if sender, err := mail.ParseAddress(m.From); err != nil || sender.Address != from {
		return "", errors.New("the sender in the head is another than in the envelope")
	}
	m.EnvelopeTo, m.Raw = to, raw
	f.mu.Lock()
	defer f.mu.Unlock()
	m.ID = fmt.Sprintf("%08X", 0x5A000001+len(f.mail))
	f.mail = append(f.mail, m)
	return m.ID, nil
}

// once are the fields that a message's head has exactly one of (RFC 5322 section 3.6; here the Message-ID must be there too).
var once = []string{"From", "To", "Date", "Message-Id", "Subject", "Mime-Version", "Content-Type"}

// readMail reads a message and refuses what a strict server refuses.
func readMail(raw []byte) (Mail, error) {
	for line := range bytes.Lines(raw) {
		if len(line) > 1000 { // RFC 5321 section 4.5.3.1.6
			return Mail{}, errors.New("a line has more than 998 characters")
		}
	}
	message, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Mail{}, errors.New("this is not a message")
	}
	head := message.Header
	for _, name := range once {
		if n := len(head[name]); n != 1 {
			return Mail{}, fmt.Errorf("the head has %d fields %s", n, name)
		}
	}
	if _, err := head.Date(); err != nil {
		return Mail{}, errors.New("the date cannot be read")
	}
	words := new(mime.WordDecoder)
	decode := func(name string) string {
		text, err := words.DecodeHeader(head.Get(name))
		if err != nil {
			return head.Get(name)
		}
		return text
	}
	m := Mail{
		MessageID: strings.Trim(head.Get("Message-Id"), "<>"), From: head.Get("From"), To: decode("To"), ReplyTo: decode("Reply-To"), Subject: decode("Subject"),
		Date: head.Get("Date"), Language: head.Get("Content-Language"),
	}
	err = m.read(head.Get("Content-Type"), head.Get("Content-Transfer-Encoding"), "", message.Body, 0)
	return m, err
}

// read takes a part of a message apart: its text, its HTML, its files.
func (m *Mail) read(contentType, encoding, file string, body io.Reader, depth int) error {
	kind, parameters, err := mime.ParseMediaType(contentType)
	if err != nil || depth > 3 {
		return errors.New("the kind of a part cannot be read")
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, parameters["boundary"])
		for {
			part, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return errors.New("the parts cannot be told apart")
			}
			name := ""
			if _, disposition, err := mime.ParseMediaType(part.Header.Get("Content-Disposition")); err == nil {
				name = disposition["filename"]
			}
			if err := m.read(part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), name, part, depth+1); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return errors.New("a part cannot be decoded")
	}
	switch {
	case file != "":
		if name, err := new(mime.WordDecoder).DecodeHeader(file); err == nil {
			file = name
		}
		m.Attachments = append(m.Attachments, Attachment{Name: file, Type: kind, Size: len(data), Data: data})
	case kind == "text/plain":
		m.Text = strings.ReplaceAll(string(data), "\r\n", "\n")
	case kind == "text/html":
		m.HTML = strings.ReplaceAll(string(data), "\r\n", "\n")
	}
	return nil
}
