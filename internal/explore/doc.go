// Package explore runs small cases of what processes do with a space in every
// order in which their accesses to it can follow one another, up to a number of
// preemptions, and has processes killed and stopped before any access. It is the
// shipped code of internal/shm that runs, in a build with the tag explore, over an
// arena of ordinary memory.
//
// A run that comes to a state seen before goes no further: states are told apart
// by what memory holds, by what each thread has seen, and by the history of calls.
package explore
