package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// passing is an error that may be gone at the next try.
type passing struct{ error }

func (p passing) Unwrap() error { return p.error }

// client takes files as they are: what the transport would unpack by itself has
// another length than the server says.
var client = func() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableCompression = true
	return &http.Client{Transport: t}
}()

// request asks once for what the part lacks, and appends what comes.
func request(ctx context.Context, f file, p *part, out *reporter) error {
	ctx, awake, stop := whileAwake(ctx, f.Patience)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL, nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "multiproc-download")
	resuming := p.have > 0 && p.of.isResumable()
	if resuming {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", p.have))
		req.Header.Set("If-Range", p.of.Validator) // all of the file, should it have changed
	}
	resp, err := client.Do(req)
	if err != nil {
		return connectionError(ctx, err)
	}
	defer resp.Body.Close()

	if err := accept(resp, f, p, resuming, out); err != nil {
		return err
	}
	return receive(ctx, p, awake(resp.Body), out)
}

// receive appends a body to the part.
func receive(ctx context.Context, p *part, body io.Reader, out *reporter) error {
	if p.of.Size >= 0 {
		body = io.LimitReader(body, p.of.Size-p.have+1) // one byte shows that there are too many
	}
	buffer := make([]byte, 128<<10)
	for {
		n, err := body.Read(buffer)
		if p.of.Size >= 0 && p.have+int64(n) > p.of.Size {
			return fmt.Errorf("the server sends more than the %d bytes that it announced", p.of.Size)
		}
		if _, err := p.Write(buffer[:n]); err != nil {
			return fmt.Errorf("%w; what was fetched is kept", err)
		}
		out.progress()
		switch {
		case err == io.EOF && (p.of.Size < 0 || p.isWhole()):
			return nil
		case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
			return passing{fmt.Errorf("the connection ended after %s", amount(p.have, p.of.Size))}
		case err != nil:
			return connectionError(ctx, err)
		}
	}
}

// connectionError tells what failed, without the URL, which the user knows.
func connectionError(ctx context.Context, err error) error {
	if cause, ok := errors.AsType[silent](context.Cause(ctx)); ok {
		return passing{cause}
	}
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return err
	}
	return passing{err}
}
