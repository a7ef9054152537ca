package main

import (
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"path"
	"path/filepath"
	"strings"
	"time"
	"unicode"
)

// A config is what the command line says.
type config struct {
	dir      string
	parallel int
	files    []file
}

// A file is one to be fetched: what a child is told.
type file struct {
	URL      string
	From     string // the URL as it may be shown and written down
	Path     string // where it is to be
	SHA256   string // that it must have, in lower-case hexadecimal; empty: any
	Retries  int
	Patience time.Duration
}

func (f file) name() string { return filepath.Base(f.Path) }

const usage = `Usage: download [flags] URL...

Fetches each URL into a file named as the end of its path. A URL may end in
#sha256=HEX: then the file must have that checksum. While a file is fetched it is
called NAME.part, and NAME.part.json tells of which version of it that is the
beginning. Run the same command again to go on after an interruption of any kind.

A file that has changed on the server meanwhile, or that has not the checksum
asked for, is an error, and NAME.part stays: delete it to begin anew. Where the
server cannot resume, the file is fetched from its beginning again. NAME, where
it is there already, is left as it is. After a power cut, only a checksum shows
whether all of NAME.part had reached the disk.

Flags:
`

// parse reads the command line. The text for -h goes to help.
func parse(args []string, help io.Writer) (config, error) {
	var c config
	flags := flag.NewFlagSet("download", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the caller prints the error
	flags.StringVar(&c.dir, "dir", ".", "`directory` to write to; made where it is missing")
	flags.IntVar(&c.parallel, "parallel", 3, "fetch so many files at a time")
	retries := flags.Int("retries", 5, "try again so many times in a row without a byte more; the pauses double, from 0.5 s to 30 s")
	patience := flags.Duration("patience", 30*time.Second, "take a connection for lost when the server is silent for so long")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(help, usage)
			flags.SetOutput(help)
			flags.PrintDefaults()
		}
		return config{}, err
	}
	switch {
	case flags.NArg() == 0:
		return config{}, errors.New("which URL is to be fetched? See download -h")
	case c.parallel < 1:
		return config{}, fmt.Errorf("-parallel %d: want 1 or more", c.parallel)
	case *retries < 0:
		return config{}, fmt.Errorf("-retries %d: want 0 or more", *retries)
	case *patience <= 0:
		return config{}, fmt.Errorf("-patience %v: want more than 0", *patience)
	}
	for _, arg := range flags.Args() {
		f, err := parseFile(arg, c.dir)
		if err != nil {
			return config{}, err
		}
		f.Retries, f.Patience = *retries, *patience
		c.files = append(c.files, f)
	}
	return c, checkDistinct(c.files)
}

func parseFile(arg, dir string) (file, error) {
	u, err := url.Parse(arg)
	if err != nil {
		return file{}, err
	}
	shown := u.Redacted()
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return file{}, fmt.Errorf("%s: want a URL that begins with http:// or https://", shown)
	}
	name := path.Base(u.Path)
	if name == "." || name == "/" || !filepath.IsLocal(name) || strings.ContainsAny(name, `/\`) || strings.ContainsFunc(name, unicode.IsControl) {
		return file{}, fmt.Errorf("%s: its path does not end in a file name", shown)
	}
	f := file{From: origin(u), Path: filepath.Join(dir, name)}
	if sum, ok := strings.CutPrefix(u.Fragment, "sha256="); ok {
		if b, err := hex.DecodeString(sum); err != nil || len(b) != 32 {
			return file{}, fmt.Errorf("%s: a SHA-256 has 64 hexadecimal digits", shown)
		}
		f.SHA256 = strings.ToLower(sum)
	}
	u.Fragment = ""
	f.URL = u.String()
	return f, nil
}

// checkDistinct refuses two downloads that would write the same file.
func checkDistinct(files []file) error {
	by := map[string]file{}
	for _, f := range files {
		for _, p := range []string{f.Path, partPath(f.Path), recordPath(f.Path)} {
			if other, taken := by[p]; taken {
				return fmt.Errorf("%s and %s would both be written to %s", other.From, f.From, p)
			}
			by[p] = f
		}
	}
	return nil
}
