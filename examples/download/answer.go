package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// accept prepares the part for the body of an answer, or says why it has to be
// refused.
func accept(resp *http.Response, f file, p *part, resuming bool, out *reporter) error {
	switch resp.StatusCode {
	case http.StatusOK:
		return acceptWhole(p, versionOf(f.From, resp), resuming, out)
	case http.StatusPartialContent:
		return acceptRest(p, resp, resuming)
	case http.StatusRequestedRangeNotSatisfiable:
		return changed(p, "it is shorter now")
	}
	return statusError(resp.StatusCode)
}

// acceptWhole prepares the part for all of the file.
func acceptWhole(p *part, now version, resuming bool, out *reporter) error {
	if resuming && now != p.of {
		return changed(p, fmt.Sprintf("it was %v, and is %v", p.of, now))
	}
	lost := p.have
	if err := p.begin(now); err != nil {
		return err
	}
	if lost > 0 {
		out.tell(fmt.Sprintf("the server cannot resume: starting over, without the %s fetched before", size(lost)))
	}
	return nil
}

// acceptRest checks that an answer is just what the part lacks.
func acceptRest(p *part, resp *http.Response, resuming bool) error {
	header := resp.Header.Get("Content-Range")
	var first, last, whole int64
	if _, err := fmt.Sscanf(header, "bytes %d-%d/%d", &first, &last, &whole); err != nil || !resuming || first != p.have {
		return fmt.Errorf("the server sent a part that it was not asked for (Content-Range: %q)", header)
	}
	// A server that knows no If-Range still says what it sends.
	now := version{From: p.of.From, Size: whole, Validator: cmp.Or(validator(resp.Header), p.of.Validator)}
	if now != p.of {
		return changed(p, fmt.Sprintf("it was %v, and is %v", p.of, now))
	}
	return nil
}

// changed is the error of a file that is not the one begun any more.
func changed(p *part, how string) error {
	return fmt.Errorf("the file has changed on the server: %s; %s with %s of the old one is left: delete it to fetch the new one", how, p.name(), size(p.have))
}

func statusError(code int) error {
	err := errors.New(strings.TrimSpace(fmt.Sprintf("the server says %d %s", code, http.StatusText(code))))
	if code >= 500 || code == http.StatusTooManyRequests || code == http.StatusRequestTimeout {
		return passing{err}
	}
	return err
}
