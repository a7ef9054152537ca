// Package remote gives a test the space that another process has attached to: the
// same interfaces, every call of which is done over there, by that process's own
// handles. The conformance suite runs on it between processes.
//
// What crosses: values that encoding/gob knows, holdings, errors, functions, and
// what has a proxy here. A call's context ends over there when it ends here, an
// error matches what it matched there, and a function is called back where it is
// from.
//
// For a new object there is one file: a type around object whose methods are a line
// each, the space's method that opens it, and a call of standIn. What is called over
// there is found by its name.
package remote
