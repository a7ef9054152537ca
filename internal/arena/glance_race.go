//go:build race

package arena

// Glance is Load for a look that only hints at what a later one, in order with who
// writes there, will find: unseen by the race detector, which would take it for more.
//
//go:norace
func (a *Arena) Glance(off uint64) uint64 {
	if hooked && a.hook != nil {
		return a.Load(off)
	}
	return *a.word(off)
}
