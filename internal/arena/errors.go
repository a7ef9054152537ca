package arena

import "errors"

// What can be wrong with an arena.
var (
	ErrFull        = errors.New("the space is at its maximum size")
	ErrSystemFull  = errors.New("the system has no memory or disk space left for it")
	ErrCgroupFull  = errors.New("the memory limit of this control group is reached")
	ErrFileSystem  = errors.New("the file system cannot hold a space: tmpfs, ext4 and xfs can")
	ErrNotOurs     = errors.New("the file belongs to another user, or others may open it")
	ErrNotRegular  = errors.New("not a regular file")
	ErrAddressRoom = errors.New("no room in the address space (is RLIMIT_AS set?)")
)
