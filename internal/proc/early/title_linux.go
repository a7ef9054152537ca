package early

import "syscall"

// SetTitle makes name visible to ps and top: as the command's name, of which the
// kernel keeps 15 bytes, and behind the arguments: `prog -v (resize-3)`.
//
// The kernel shows the memory that the arguments stood in at the exec, and, where
// the last byte of that is not zero any more, what follows up to the next zero.
// What follows is the first environment variable, and that is the mark, which
// nobody needs any more and which is longer than its own name part. The arguments'
// bytes stay as they are, only the zeros between them become spaces: Go's os.Args
// are slices of that memory, with lengths of their own. It is for people to look
// at, so errors change nothing.
func SetTitle(name string) {
	writeFile("/proc/self/comm", []byte(name))

	start, end := argumentBounds()
	const page = 4096 // the kernel shows no more of a title
	if start == 0 || end <= start || end-start+int64(len(name)) > page-8 {
		return
	}
	mem, err := syscall.Open("/proc/self/mem", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer syscall.Close(mem)
	title := make([]byte, end-start+int64(len(Variable))+1)
	if n, err := syscall.Pread(mem, title, start); err != nil || n != len(title) ||
		string(title[end-start:]) != Variable+"=" {
		return
	}
	title = title[:end-start]
	for i, c := range title {
		if c == 0 {
			title[i] = ' '
		}
	}
	title = append(title, "("+name+")\x00"...)
	_, _ = syscall.Pwrite(mem, title, start)
}

// argumentBounds finds where the kernel keeps the arguments: fields 48 and 49 of
// /proc/self/stat, see proc_pid_stat(5).
func argumentBounds() (start, end int64) {
	fd, err := syscall.Open("/proc/self/stat", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return 0, 0
	}
	defer syscall.Close(fd)
	var buf [1024]byte
	n, err := syscall.Read(fd, buf[:])
	if err != nil || n <= 0 {
		return 0, 0
	}
	stat := string(buf[:n])
	for i := len(stat) - 1; i >= 0; i-- {
		if stat[i] == ')' { // the name in field 2 may hold anything
			stat = stat[i+1:]
			break
		}
	}
	field, from := 2, 0
	for i := range len(stat) {
		if stat[i] != ' ' && stat[i] != '\n' {
			continue
		}
		switch field {
		case 48:
			start = int64(atoi(stat[from:i]))
		case 49:
			end = int64(atoi(stat[from:i]))
		}
		field, from = field+1, i+1
	}
	return start, end
}

func writeFile(name string, data []byte) {
	fd, err := syscall.Open(name, syscall.O_WRONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	_, _ = syscall.Write(fd, data)
	syscall.Close(fd)
}
