// Package inherit is where package ipc says what children inherit of it, for
// package multiproc to hand on. So neither imports the other, and a program that
// shares nothing has nothing of it.
package inherit

import (
	"os"
	"sync/atomic"
)

// Family is the space that a process shares with its children, nil in a program
// that does not use package ipc.
var Family Space

// A Space has places for processes.
type Space interface {
	// Give makes a place for a child that is about to be started.
	Give() (Place, error)

	// Take takes the place of that number, which the parent has made and which is
	// held by the file, and makes the space this process's, which is called name
	// there.
	Take(f *os.File, number int, name string) error
}

// A Place in a space is a child's from the moment it is made: as long as somebody
// has its file open it is not dead.
type Place interface {
	File() *os.File // for the child; closed here once it has been started
	Number() int
	Started(pid int)
	Ended() // the child has, or could not be started
}

// Sent counts the handles that this process has encoded. Where it has grown while
// an input was, the input has some, and the objects must be there until the child
// has them.
var Sent atomic.Int64
