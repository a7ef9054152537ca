package shm

// A mutation is a bug that can be put into this package, to show that the tests
// would find it. Builds with the tag explore can switch one on; in all others
// broken is a constant, and the compiler leaves the bugs out.
type mutation int

const (
	whole             mutation = iota
	sleepOnFreshWord           // sleep with what the word is now, not with what was looked at
	wakeNobody                 // unlock without waking
	forgetSleepers             // a woken goroutine takes the lock as if nobody else slept
	keepWake                   // who gives up does not pass on the wake that it may have had
	publishEarly               // an object is live before it is written
	ignoreRivals               // make an object without looking for another of its name
	attachBlindly              // attach without looking whether the object is still there
	reclaimInUse               // reclaim without looking whether anybody is attached
	reclaimAtOnce              // reclaim without looking again once the object is being reclaimed
	unlockAnyHolding           // unlock without comparing the generation
	forgetAbandoned            // a dead holder's lock is free as if unlocked
	freeSlotFirst              // the sweep gives the slot away before it is done
	sweepSilently              // the sweep wakes nobody
	doomSilently               // Delete wakes nobody
	eventWithoutCount          // Set does not count, so that Clear hides it from who waits
	annexUnlinked              // an annex is used before its object is known to be there
	fillBlindly                // fill a block without looking whether its chunk is being given back
	forgetNamed                // a dead owner's block is free although a word names it
	forgetParts                // what a dead owner has gathered of a big block stays taken
	emptyBlindly               // punch a big block's parts, which others may be giving back too, before they are ours
	forgetMaking               // what an object has that a dead process was making stays taken
	forgetArray                // what a deleted object has stays taken
	keepNothing                // Close gives up the arrays whose memory it has given out
	leaveDirty                 // a new array has in it what was there before
	giveAnyBig                 // give a big block's chunks back without looking which block they are of
)
