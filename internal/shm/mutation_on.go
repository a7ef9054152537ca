//go:build explore

package shm

var broken mutation

// Mutations are the names of the bugs that Mutate can switch on.
var Mutations = []string{
	sleepOnFreshWord:  "sleepOnFreshWord",
	wakeNobody:        "wakeNobody",
	forgetSleepers:    "forgetSleepers",
	keepWake:          "keepWake",
	publishEarly:      "publishEarly",
	ignoreRivals:      "ignoreRivals",
	attachBlindly:     "attachBlindly",
	reclaimInUse:      "reclaimInUse",
	reclaimAtOnce:     "reclaimAtOnce",
	unlockAnyHolding:  "unlockAnyHolding",
	forgetAbandoned:   "forgetAbandoned",
	freeSlotFirst:     "freeSlotFirst",
	sweepSilently:     "sweepSilently",
	doomSilently:      "doomSilently",
	eventWithoutCount: "eventWithoutCount",
	annexUnlinked:     "annexUnlinked",
	fillBlindly:       "fillBlindly",
	forgetNamed:       "forgetNamed",
	condUnlockFirst:   "condUnlockFirst",
	condGiveUpBlindly: "condGiveUpBlindly",
	condForgetSignal:  "condForgetSignal",
	condAdoptLate:     "condAdoptLate",
	condKeepBoth:      "condKeepBoth",
	collectBlindly:    "collectBlindly",
	protectBlindly:    "protectBlindly",
	retireLate:        "retireLate",
	retireUnsettled:   "retireUnsettled",
	keepBlocks:        "keepBlocks",
	keepCell:          "keepCell",
	swapBlindly:       "swapBlindly",
	readBlindly:       "readBlindly",
	leaveSilently:     "leaveSilently",
	waitForStill:      "waitForStill",
	abandonDraining:   "abandonDraining",

	barrierCountsFirst:    "barrierCountsFirst",
	barrierUntagged:       "barrierUntagged",
	barrierResetsSilently: "barrierResetsSilently",
	barrierLeavesNoTrace:  "barrierLeavesNoTrace",
	onceEndsFirst:         "onceEndsFirst",
	onceWakesOne:          "onceWakesOne",
	onceForgetsDone:       "onceForgetsDone",
	shareLater:            "shareLater",
	keepTurn:              "keepTurn",
	trustClaim:            "trustClaim",
	claimUnrung:           "claimUnrung",
	forgetPermits:         "forgetPermits",
	forgetParts:           "forgetParts",
	emptyBlindly:          "emptyBlindly",
	forgetMaking:          "forgetMaking",
	forgetArray:           "forgetArray",
	keepNothing:           "keepNothing",
	leaveDirty:            "leaveDirty",
	giveAnyBig:            "giveAnyBig",
}

// Mutate puts the bug with that index in Mutations into the package, or takes it
// out again: 0.
func Mutate(m int) { broken = mutation(m) }
