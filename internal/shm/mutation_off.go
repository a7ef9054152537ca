//go:build !explore

package shm

const broken = whole
