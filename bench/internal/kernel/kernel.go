// Package kernel is what the measurements ask of the system beyond what package
// os has.
package kernel
