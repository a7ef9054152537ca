package driver

import "context"

// A Dict is a map from byte strings to byte strings. Every method but Scan is one step
// for all others.
type Dict interface {
	Object

	// Get returns key's value; ErrNotFound where there is none. Where there is no error
	// the caller calls Done, soon: it runs nothing in between that may wait.
	Get(ctx context.Context, key []byte) (Reading, error)
	Done(Reading)

	Set(ctx context.Context, key, value []byte) error
	Create(ctx context.Context, key, value []byte) error                // ErrExists
	Delete(ctx context.Context, key []byte) error                       // ErrNotFound
	Pop(ctx context.Context, key, buf []byte) (value []byte, err error) // appended to buf; ErrNotFound

	// Swap replaces key's value of that version; false where there is another by now, or
	// none. Version 0 is that there is none: then it creates one.
	Swap(ctx context.Context, key []byte, version uint64, value []byte) (bool, error)

	// Drop deletes key if its value is of that version.
	Drop(ctx context.Context, key []byte, version uint64) (bool, error)

	// Scan returns some entries, maybe none, and the cursor to go on with. It begins with
	// cursor 0, and is through when next is 0. What is there throughout is returned once.
	Scan(ctx context.Context, cursor uint64) (some []KeyValue, next uint64, err error)

	Len(ctx context.Context) (int, error)
	Clear(ctx context.Context) error
}

// A KeyValue is an entry of a dict, as Scan saw it. It is the caller's own.
type KeyValue struct {
	Key, Value []byte
	Large      bool // the value is not here: Get has it
}
