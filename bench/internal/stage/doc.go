// Package stage has several processes do one thing at the same time: a conductor,
// which is a contestant, and players around a file that holds what they share.
//
// A player is any program, in any language, that is told
//
//	COMMAND... FILE WORK [ARGUMENT...]
//
// and does these works, as far as a conductor asks for them:
//
//	make                 makes what is shared, in FILE
//	uncontended TIMES N  prints the ns of a pass, the mean of N, so often
//	contend INDEX        says "ready", reads two times, makes passes from the one to
//	                     the other, and prints how many and the longest that Batch
//	                     of them took, in ns
//	join INDEX TIMES [REST]
//	                     says "ready" and takes so many turns; the player of index 0
//	                     rests so many µs before each, and prints the µs of each
//	put N, get N         says "ready", reads a time, puts or gets so many messages
//	                     from then on, prints when it was done, and stays until its
//	                     input ends
//
// A pass is what a player does by itself, such as to lock and unlock; a turn is
// what none can end without the others, such as to meet at a barrier. Times are ns
// of CLOCK_MONOTONIC.
package stage
