package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// readRecord reads what writeRecord has written. The error is fs.ErrNotExist
// where there is no file.
func readRecord(path string) (version, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return unknown, err
	}
	v := unknown
	if err := json.Unmarshal(text, &v); err != nil {
		return unknown, fmt.Errorf("%s is damaged (%w); delete it and the .part to begin anew", filepath.Base(path), err)
	}
	return v, nil
}

// writeRecord puts v into a file, of which a crash at any moment leaves the old
// contents or the new.
func writeRecord(path string, v version) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	temp := path + ".new"
	if err := create(temp, append(text, '\n')); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// create makes a file that is on disk when it returns.
func create(path string, text []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
