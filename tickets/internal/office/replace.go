package office

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// replace puts data in the place of file. Whoever opens file at any moment, a
// power cut included, finds the old contents or the new, whole. temp is where
// the new file is made: in the same directory, and nobody else's. After an
// error nothing has changed, except if it came from syncing the directory.
//
// github.com/google/renameio stops short of syncing the directory, and does not
// compile on Windows.
func replace(file, temp string, data []byte) error {
	perm, err := permission(file)
	if err != nil {
		return err
	}
	if err := create(temp, data, perm); err != nil {
		_ = os.Remove(temp) // the error that counts is why it could not be written
		return err
	}
	if err := os.Rename(temp, file); err != nil {
		_ = os.Remove(temp)
		return err
	}
	return syncDir(filepath.Dir(file))
}

// permission returns the bits for the new file: the old one's. A rename would
// ask for none on the old file, but who made it read-only meant it.
func permission(file string) (fs.FileMode, error) {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return 0o600, nil
	}
	if err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err := errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	return info.Mode().Perm(), nil
}

// create makes a file of its own, even where a dead process or somebody's
// symbolic link is in the way, and has the bytes on disk when it returns.
func create(file string, data []byte, perm fs.FileMode) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(perm) // the umask may have taken bits that the old file has
	}
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
