package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A version is one state of the file behind a URL, as far as the server tells it
// from others.
type version struct {
	From      string `json:"from"`                // the URL, without what may be secret or change
	Size      int64  `json:"size"`                // -1: not known
	Validator string `json:"validator,omitempty"` // an entity tag or a date, as If-Range takes it; empty: none that is reliable
}

// unknown is the version of a part of which nothing has been fetched.
var unknown = version{Size: -1}

// versionOf is the version that an answer with all of the file has.
func versionOf(from string, r *http.Response) version {
	return version{From: from, Size: r.ContentLength, Validator: validator(r.Header)}
}

// origin is a URL without user, query and fragment.
func origin(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// validator is the strong validator (RFC 9110, 8.8) among the headers. A weak
// entity tag says too little, and so does a date that had not passed by a second
// when the answer was made: the file may have changed once more within it.
func validator(h http.Header) string {
	if tag := h.Get("ETag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		return tag
	}
	modified, errModified := http.ParseTime(h.Get("Last-Modified"))
	date, errDate := http.ParseTime(h.Get("Date"))
	if errModified != nil || errDate != nil || date.Sub(modified) < time.Second {
		return ""
	}
	return h.Get("Last-Modified")
}

// isResumable tells whether more of this very version can be asked for.
func (v version) isResumable() bool { return v.Validator != "" && v.Size >= 0 }

func (v version) String() string {
	text := "of unknown size"
	if v.Size >= 0 {
		text = fmt.Sprintf("%d bytes", v.Size)
	}
	if v.Validator != "" {
		text += fmt.Sprintf(", version %q", strings.Trim(v.Validator, `"`))
	}
	return text
}
