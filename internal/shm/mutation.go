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
	condUnlockFirst            // Wait gives the lock up before it waits
	condGiveUpBlindly          // who gives up does not look whether a Signal was first
	condForgetSignal           // the sweep does not pass on what a dead waiter was signalled
	condAdoptLate              // such a Signal goes to one that began to wait later
	condKeepBoth               // who has adopted one keeps the one that it is sent meanwhile
	collectBlindly             // free a retired block without looking at the hazard cells
	protectBlindly             // read a block without looking whether it is still there once a cell names it
	retireLate                 // take a block out of its word before it is retired
	retireUnsettled            // retire a block without settling it
	keepBlocks                 // reclaim an object without freeing its blocks
	keepCell                   // who has read leaves its hazard cell as it is
	swapBlindly                // replace a value by what was made of an older one
	readBlindly                // a reader counts itself without looking for a writer again
	leaveSilently              // the last reader leaves without telling the writer that waits
	waitForStill               // a writer that is stopped while it waits is waited for
	abandonDraining            // a lock is abandoned although its dead writer was still waiting

	barrierCountsFirst    // who arrives is counted before its cell says so
	barrierUntagged       // a barrier's word does not tell it from the one before it in the entry
	barrierResetsSilently // Reset does not tell those whom it turns away
	barrierLeavesNoTrace  // who waits when its space is closed takes its cell along
	onceEndsFirst         // the work is given up before it is known to be done
	onceForgetsDone       // who has waited for the work does not look whether it is done
	shareLater            // permits are out before they are written down as a process's
	keepTurn              // who leaves permits that others may sleep for wakes none of them
	trustClaim            // sleep without looking again whether the claim is still there
	claimUnrung           // permits come back, and the claimant's word does not change
	forgetPermits         // the sweep takes shares away, and nobody counts what is in use anew
	forgetParts           // what a dead owner has gathered of a big block stays taken
	emptyBlindly          // punch a big block's parts, which others may be giving back too, before they are ours
	forgetMaking          // what an object has that a dead process was making stays taken
	stripAnything         // a sweep strips what a dead maker cannot have furnished
	keepNothing           // Close gives up the arrays whose memory it has given out
	leaveDirty            // a new array has in it what was there before
	pipeLookOnce          // whether an end is gone is decided by one look at the shares, one after the other
	pipeKeepEnds          // the sweep leaves the dead their ends until they are detached, and tells nobody then
	pipeTakeAnyEnd        // who takes an end over does not look whether somebody has it
	pipeCloseAtOnce       // an end is closed while a goroutine still sends
	giveAnyBig            // give a big block's chunks back without looking which block they are of

	serviceRingsNobody     // a call does not wake who waits for one
	serviceKeepsTurn       // who takes a call and leaves others wakes nobody for them
	serviceAnswersSilently // an answer does not wake the caller
	serviceLeavesSilently  // who gives a call up does not tell who serves it
	serviceForgetsServed   // the sweep leaves with the dead what they served
	serviceTriesForEver    // a request that ends all who serve it goes to the next one

	queueTailLate       // a record stands in a new segment before tail does
	queueHeadFirst      // head passes a record before it says who has it
	queueUnsettled      // take a large record without settling its block
	queueKeepsSpare     // a dead putter's new segment stays the spare one, too
	queueForgetsRetired // a segment that a dead getter had taken out of the chain is never freed
	queueUnmarksLate    // deaths are said to be seen to after the look for them, not before
	queueKeepsLoans     // who closes a space has its loans until its slot is free
	queueListensLate    // look, and then listen to the bell
	queueKeepsBell      // who was woken and leaves others something wakes none of them
	queueNamesLate      // a block is in a record before its header says where
	queueUnmended       // go into a section that a dead one has left as if it were whole
	queueFreesFirst     // a large record's block is free before its loan is over
	queueLooksOnce      // sleep without looking for deaths once more
	queueForgetsOrigin  // who mends a queue of dead letters leaves the record that was on its way

	standUnmended   // enter a stand that a dead one has left as if it were whole
	standUnrecorded // change a word without a record of it
	standUndoes     // a change that a dead one has committed is undone
	standFinishes   // one that it has not is finished

	dictMissesBlindly // a key that is not in its bucket is not in the dict, though there are more buckets by now
	dictSplitsLate    // there is one bucket more only once its part has left the other one
	dictCountsOnce    // count the elements without a second look
)
