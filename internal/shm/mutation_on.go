//go:build explore

package shm

var broken mutation

// Mutations are the bugs that Mutate can switch on, and in the cases of which object
// each has to be found.
var Mutations = [...]struct{ Name, In string }{
	sleepOnFreshWord:      {"sleepOnFreshWord", "mutex"},
	wakeNobody:            {"wakeNobody", "mutex"},
	forgetSleepers:        {"forgetSleepers", "mutex"},
	keepWake:              {"keepWake", "mutex"},
	publishEarly:          {"publishEarly", "space"},
	ignoreRivals:          {"ignoreRivals", "space"},
	attachBlindly:         {"attachBlindly", "space"},
	reclaimInUse:          {"reclaimInUse", "space"},
	reclaimAtOnce:         {"reclaimAtOnce", "space"},
	unlockAnyHolding:      {"unlockAnyHolding", "mutex"},
	forgetAbandoned:       {"forgetAbandoned", "mutex"},
	freeSlotFirst:         {"freeSlotFirst", "space"},
	sweepSilently:         {"sweepSilently", "space"},
	doomSilently:          {"doomSilently", "event"},
	eventWithoutCount:     {"eventWithoutCount", "event"},
	annexUnlinked:         {"annexUnlinked", "space"},
	fillBlindly:           {"fillBlindly", "heap"},
	forgetNamed:           {"forgetNamed", "heap"},
	condUnlockFirst:       {"condUnlockFirst", "cond"},
	condGiveUpBlindly:     {"condGiveUpBlindly", "cond"},
	condForgetSignal:      {"condForgetSignal", "cond"},
	condAdoptLate:         {"condAdoptLate", "cond"},
	condKeepBoth:          {"condKeepBoth", "cond"},
	collectBlindly:        {"collectBlindly", "value"},
	protectBlindly:        {"protectBlindly", "value"},
	retireLate:            {"retireLate", "value"},
	retireUnsettled:       {"retireUnsettled", "value"},
	keepBlocks:            {"keepBlocks", "value"},
	keepCell:              {"keepCell", "value"},
	swapBlindly:           {"swapBlindly", "value"},
	readBlindly:           {"readBlindly", "rwmutex"},
	leaveSilently:         {"leaveSilently", "rwmutex"},
	waitForStill:          {"waitForStill", "rwmutex"},
	abandonDraining:       {"abandonDraining", "rwmutex"},
	barrierCountsFirst:    {"barrierCountsFirst", "barrier"},
	barrierUntagged:       {"barrierUntagged", "barrier"},
	barrierResetsSilently: {"barrierResetsSilently", "barrier"},
	barrierLeavesNoTrace:  {"barrierLeavesNoTrace", "barrier"},
	onceEndsFirst:         {"onceEndsFirst", "once"},
	onceForgetsDone:       {"onceForgetsDone", "once"},
	shareLater:            {"shareLater", "semaphore"},
	keepTurn:              {"keepTurn", "semaphore"},
	trustClaim:            {"trustClaim", "semaphore"},
	claimUnrung:           {"claimUnrung", "semaphore"},
	forgetPermits:         {"forgetPermits", "semaphore"},
	forgetParts:           {"forgetParts", "heap"},
	emptyBlindly:          {"emptyBlindly", "heap"},
	forgetMaking:          {"forgetMaking", "array"},
	stripAnything:         {"stripAnything", "value"},
	keepNothing:           {"keepNothing", "array"},
	leaveDirty:            {"leaveDirty", "array"},
	giveAnyBig:            {"giveAnyBig", "heap"},
	pipeLookOnce:          {"pipeLookOnce", "pipe"},
	pipeKeepEnds:          {"pipeKeepEnds", "pipe"},
	pipeTakeAnyEnd:        {"pipeTakeAnyEnd", "pipe"},
	pipeCloseAtOnce:       {"pipeCloseAtOnce", "pipe"},

	serviceRingsNobody:     {"serviceRingsNobody", "service"},
	serviceKeepsTurn:       {"serviceKeepsTurn", "service"},
	serviceAnswersSilently: {"serviceAnswersSilently", "service"},
	serviceLeavesSilently:  {"serviceLeavesSilently", "service"},
	serviceForgetsServed:   {"serviceForgetsServed", "service"},
	serviceTriesForEver:    {"serviceTriesForEver", "service"},
}

// Mutate puts the bug with that index in Mutations into the package, or takes it
// out again: 0.
func Mutate(m int) { broken = mutation(m) }
