package driver

import "context"

// A List is a sequence of byte strings. A negative index counts from the end; one
// outside is ErrRange. Every method but Scan is one step for all others.
type List interface {
	Object

	// At returns element i. Where there is no error the caller calls Done, soon: it runs
	// nothing in between that may wait.
	At(ctx context.Context, i int) (Reading, error)
	Done(Reading)

	Append(ctx context.Context, values [][]byte) error // all of them, or none
	Set(ctx context.Context, i int, value []byte) error
	Insert(ctx context.Context, i int, value []byte) error                   // before element i; at Len it appends
	Remove(ctx context.Context, i int, buf []byte) (value []byte, err error) // appended to buf

	// Swap replaces element i if it is of that version; false where it is another by now.
	Swap(ctx context.Context, i int, version uint64, value []byte) (bool, error)

	// Scan returns some elements from index i on, which are the caller's own; none at the
	// end.
	Scan(ctx context.Context, i int) (some [][]byte, err error)

	Len(ctx context.Context) (int, error)
	Clear(ctx context.Context) error
}
