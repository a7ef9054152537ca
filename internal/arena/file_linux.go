package arena

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// fileArena is a mapped file. Its descriptor belongs to this process alone:
// what it has locked is locked until the process closes it or dies.
type fileArena struct {
	*agents
	file   *os.File
	memory bool // its pages are memory, not disk blocks
}

// Memory returns an arena of size bytes that only descriptors name.
func Memory(size uint64) (*Arena, error) {
	fd, err := unix.MemfdCreate("multiproc", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	f := os.NewFile(uintptr(fd), "memfd:multiproc")
	a, err := grow(f, size)
	if err == nil {
		_, err = unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL)
		err = os.NewSyscallError("fcntl F_ADD_SEALS", err)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return a, nil
}

// Unnamed returns an arena of size bytes in a file in dir that has no name
// until Link gives it one.
func Unnamed(dir string, size uint64) (*Arena, error) {
	f, err := os.OpenFile(dir, os.O_RDWR|unix.O_TMPFILE|unix.O_CLOEXEC, 0o600)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EISDIR) {
		return nil, ErrFileSystem
	}
	if err != nil {
		return nil, err
	}
	if err = f.Chmod(0o600); err == nil {
		err = checkFile(f)
	}
	var a *Arena
	if err == nil {
		a, err = grow(f, size)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return a, nil
}

func grow(f *os.File, size uint64) (*Arena, error) {
	if err := f.Truncate(int64(size)); err != nil {
		return nil, err
	}
	return mapFile(f, size)
}

// Link gives an Unnamed arena's file its name, unless there is a file of that
// name: that is fs.ErrExist.
func (a *Arena) Link(path string) error {
	f := a.back.(*fileArena).file
	err := unix.Linkat(unix.AT_FDCWD, procPath(f), unix.AT_FDCWD, path, unix.AT_SYMLINK_FOLLOW)
	return os.NewSyscallError("linkat", err)
}

// Open maps the file at path.
func Open(path string) (*Arena, error) {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ELOOP) {
		return nil, fmt.Errorf("%w: it is a symbolic link", ErrNotRegular)
	}
	if err != nil {
		return nil, err
	}
	if err = checkFile(f); err != nil {
		f.Close()
		return nil, err
	}
	return FromFile(f)
}

// FromFile maps f, a descriptor of an arena that this process alone has, and
// takes it over.
func FromFile(f *os.File) (*Arena, error) {
	info, err := f.Stat()
	if err == nil {
		unix.CloseOnExec(int(f.Fd()))
		var a *Arena
		if a, err = mapFile(f, uint64(info.Size())); err == nil {
			return a, nil
		}
	}
	f.Close()
	return nil, err
}

// An Opening is another opening of an arena's file: what is locked on it goes on
// being locked in whichever process inherits it.
type Opening struct{ *os.File }

// Reopen opens the arena's file anew.
func (a *Arena) Reopen() (*Opening, error) {
	f := a.back.(*fileArena).file
	again, err := os.OpenFile(procPath(f), os.O_RDWR|unix.O_CLOEXEC, 0)
	return &Opening{again}, err
}

func procPath(f *os.File) string {
	return "/proc/self/fd/" + strconv.Itoa(int(f.Fd()))
}

func checkFile(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return ErrNotRegular
	}
	owner := info.Sys().(*syscall.Stat_t).Uid
	if int(owner) != os.Geteuid() || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%w: owner %d, mode %v", ErrNotOurs, owner, info.Mode().Perm())
	}
	var system unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &system); err != nil {
		return os.NewSyscallError("fstatfs", err)
	}
	switch system.Type {
	case unix.TMPFS_MAGIC, unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC:
		return nil
	}
	return fmt.Errorf("%w, not one of type %#x", ErrFileSystem, system.Type)
}

// CheckDir returns an error unless dir is a directory that only this user may use.
func CheckDir(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	owner := info.Sys().(*syscall.Stat_t).Uid
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 || int(owner) != os.Geteuid() {
		return fmt.Errorf("%w: directory %s, owner %d, %v", ErrNotOurs, dir, owner, info.Mode())
	}
	return nil
}

// minSize keeps files that cannot be spaces from being mapped.
const minSize = 4096

func mapShared(f *os.File, size uint64) ([]byte, error) {
	return unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_NORESERVE)
}

func mapFile(f *os.File, size uint64) (*Arena, error) {
	if size < minSize || size != uint64(uintptr(size)) || int64(size) < 0 {
		return nil, fmt.Errorf("%w: it has %d bytes", fs.ErrInvalid, size)
	}
	mem, err := mapShared(f, size)
	for try := 0; errors.Is(err, unix.ENOMEM) && try < 3; try++ {
		// Closed arenas are unmapped when nothing points to them any more, which
		// takes a collection to find out, and a moment.
		runtime.GC()
		time.Sleep(time.Millisecond)
		mem, err = mapShared(f, size)
	}
	if errors.Is(err, unix.ENOMEM) {
		return nil, fmt.Errorf("map %d bytes: %w", size, ErrAddressRoom)
	}
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	if err := unix.Madvise(mem, unix.MADV_DONTDUMP); err != nil {
		_ = unix.Munmap(mem)
		return nil, os.NewSyscallError("madvise", err)
	}
	var system unix.Statfs_t
	back := &fileArena{agents: &sleepers, file: f}
	back.memory = unix.Fstatfs(int(f.Fd()), &system) == nil && system.Type == unix.TMPFS_MAGIC
	a := newArena(unsafe.Pointer(unsafe.SliceData(mem)), size, back)
	runtime.AddCleanup(a, func(mem []byte) { _ = unix.Munmap(mem) }, mem)
	return a, nil
}

func (s *agents) wake(word *uint32, n int) { futexWakeup(word, n, 0) }

func (f *fileArena) reserve(off, n uint64) error {
	if f.memory {
		if err := memoryRoom(n); err != nil {
			return err
		}
	}
	// In steps: the kernel gives up and undoes one during which a signal comes.
	const step = 32 << 20
	err := f.control(func(fd uintptr) error {
		for end := off + n; off < end; {
			n := min(step, end-off)
			switch err := unix.Fallocate(int(fd), 0, int64(off), int64(n)); err {
			case nil:
				off += n
			case unix.EINTR:
			default:
				return err
			}
		}
		return nil
	})
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.ENOMEM) || errors.Is(err, unix.EDQUOT) {
		return fmt.Errorf("%w: %w", ErrSystemFull, err)
	}
	return os.NewSyscallError("fallocate", err)
}

func (f *fileArena) punch(off, n uint64) error {
	return os.NewSyscallError("fallocate", f.control(func(fd uintptr) error {
		return unix.Fallocate(int(fd), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, int64(off), int64(n))
	}))
}

// control keeps the descriptor from being closed, and its number from being
// used again, while do runs.
func (f *fileArena) control(do func(fd uintptr) error) error {
	conn, err := f.file.SyscallConn()
	if err != nil {
		return err
	}
	if outer := conn.Control(func(fd uintptr) { err = do(fd) }); outer != nil {
		return outer
	}
	return err
}
