package arena

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// lockBase is where the bytes of the slots are locked: far behind the end of any
// file, where locks may be and data never is.
const lockBase = 1 << 62

// slotLock describes slot's byte. An open-file-description lock (F_OFD_) goes
// when the last descriptor of its one opening is closed, which the kernel does
// for a process that dies, and for no other reason. It needs no process number,
// which is used again, and no common pid namespace.
func slotLock(slot int, kind int16) *unix.Flock_t {
	return &unix.Flock_t{Type: kind, Whence: io.SeekStart, Start: lockBase + int64(slot), Len: 1}
}

// TryLock locks slot's byte on this opening, as Arena.TryLock does.
func (o *Opening) TryLock(slot int) (bool, error) { return (&fileArena{file: o.File}).tryLock(slot) }

// Unlock gives slot's byte up.
func (o *Opening) Unlock(slot int) error { return (&fileArena{file: o.File}).unlock(slot) }

func (f *fileArena) tryLock(slot int) (bool, error) {
	err := f.control(func(fd uintptr) error {
		return unix.FcntlFlock(fd, unix.F_OFD_SETLK, slotLock(slot, unix.F_WRLCK))
	})
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
		return false, nil
	}
	return err == nil, os.NewSyscallError("fcntl F_OFD_SETLK", err)
}

func (f *fileArena) unlock(slot int) error {
	return f.control(func(fd uintptr) error {
		return unix.FcntlFlock(fd, unix.F_OFD_SETLK, slotLock(slot, unix.F_UNLCK))
	})
}

func (f *fileArena) held(slot int) (bool, error) {
	lock := slotLock(slot, unix.F_RDLCK)
	err := f.control(func(fd uintptr) error {
		return unix.FcntlFlock(fd, unix.F_OFD_GETLK, lock)
	})
	return lock.Type != unix.F_UNLCK, os.NewSyscallError("fcntl F_OFD_GETLK", err)
}

// close also gives the locks up: the mapping keeps the opening, and with it the
// locks, until the collector has found it.
func (f *fileArena) close() error {
	_ = f.control(func(fd uintptr) error {
		all := slotLock(0, unix.F_UNLCK)
		all.Len = 1 << 32
		return unix.FcntlFlock(fd, unix.F_OFD_SETLK, all)
	})
	return f.file.Close()
}
