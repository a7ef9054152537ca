//go:build !amd64 && !arm64

package arena

// Pause lets some time pass while the caller spins.
func Pause() {}
