//go:build amd64 || arm64

package arena

// Pause lets some tens of nanoseconds pass while the caller spins, and the
// processor's other half work.
func Pause()
