//go:build !unix

package store

// mayWrite cannot be told here without writing.
func mayWrite(string) error { return nil }
