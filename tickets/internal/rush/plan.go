package rush

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// How long a buyer thinks.
const (
	minThink = 10 * time.Millisecond
	maxThink = 200 * time.Millisecond
)

// A visit is what one buyer is going to do. The plan follows from the seed alone.
type visit struct {
	Name   string
	Think  time.Duration // before buying, once the doors are open
	Doomed bool          // to be killed, at Moment
	Moment time.Duration // since the doors opened
}

// plan returns the visits of so many buyers, some of them doomed. A doomed
// buyer's moment is as likely in its thinking as after it, when it waits for its
// turn, writes, or has bought and could not say so yet.
func plan(seed uint64, buyers, kills int) []visit {
	random := rand.New(rand.NewPCG(seed, 0))
	visits := make([]visit, buyers)
	for i := range visits {
		visits[i] = visit{
			Name:  fmt.Sprintf("buyer-%d", i+1),
			Think: minThink + time.Duration(random.Int64N(int64(maxThink-minThink))),
		}
	}
	for _, i := range random.Perm(buyers)[:kills] {
		visits[i].Doomed = true
		visits[i].Moment = time.Duration(random.Int64N(int64(2 * visits[i].Think)))
	}
	return visits
}
