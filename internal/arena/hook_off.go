//go:build !explore

package arena

const hooked = false
