package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// longestAnswer bounds the body of an answer to a sender: the hub says "OK" or one sentence.
const longestAnswer = 64 << 10

var errAnswer = errors.New("not an answer this sender understands")

// readAnswer reads one answer of HTTP/1.1 and gives its status. It knows as much of RFC 9112 as a sender on a connection of its own needs: a status
// line, header lines, and a body of a stated length. close says that the other side ends the connection.
func readAnswer(r *bufio.Reader) (status int, closes bool, err error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return 0, false, fmt.Errorf("read the status line: %w", err)
	}
	if status, err = statusOf(line); err != nil {
		return 0, false, err
	}
	length := -1
	for {
		if line, err = r.ReadSlice('\n'); err != nil {
			return 0, false, fmt.Errorf("read a header: %w", err)
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, found := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case !found:
			return 0, false, fmt.Errorf("%w: a header without a colon", errAnswer)
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = lengthOf(value, length); err != nil {
				return 0, false, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			return 0, false, fmt.Errorf("%w: a body without a stated length", errAnswer)
		case bytes.EqualFold(name, []byte("Connection")):
			closes = bytes.EqualFold(value, []byte("close"))
		}
	}
	if length < 0 {
		return 0, false, fmt.Errorf("%w: a body without a stated length", errAnswer)
	}
	if _, err := r.Discard(length); err != nil {
		return 0, false, fmt.Errorf("read the body: %w", err)
	}
	return status, closes, nil
}

// statusOf reads "HTTP/1.1 200 OK".
func statusOf(line []byte) (int, error) {
	rest, ok := bytes.CutPrefix(line, []byte("HTTP/1.1 "))
	if !ok || len(rest) < 4 || rest[3] != ' ' && rest[3] != '\r' && rest[3] != '\n' {
		return 0, fmt.Errorf("%w: its first line is no status line", errAnswer)
	}
	status := 0
	for _, c := range rest[:3] {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("%w: its status is no number", errAnswer)
		}
		status = status*10 + int(c-'0')
	}
	if status < 200 || status > 599 { // 1xx would be followed by another answer; nobody asked for one
		return 0, fmt.Errorf("%w: status %d", errAnswer, status)
	}
	return status, nil
}

// lengthOf reads a Content-Length; known is the one that stood before, or -1. Two that differ are the beginning of a smuggled answer.
func lengthOf(value []byte, known int) (int, error) {
	n, err := strconv.ParseUint(string(value), 10, 32)
	if err != nil || n > longestAnswer || known >= 0 && known != int(n) {
		return 0, fmt.Errorf("%w: a length that cannot be", errAnswer)
	}
	return int(n), nil
}
