package mattermost

import (
	"context"
	"io"
)

// Bundle is a plugin's bundle that was checked: whose plugin it is, and that its
// manifest says so, is settled.
type Bundle struct {
	SHA256 string // of the file, 64 hex digits
	Bytes  int64  // of the file

	Plugin           string // the plugin's id
	Version          string
	MinServerVersion string // "" if it says none
}

// Record is what the App did with one plugin on one server. It outlives the
// process, and is written before what it tells of is done: a process that is
// killed at any moment leaves a record from which the next one goes on.
type Record struct {
	// Good is the bundle that was seen to run last. Zero: none yet.
	Good Bundle
	// Tried is what may have been put there since then, wholly or not, without
	// having been seen to run. Zero: the server has Good, or nothing.
	Tried Bundle
	// Failed is the SHA256 of the last bundle that did not start: it is not tried
	// again unasked.
	Failed string
	// Found is the version of a plugin that others had installed and that the App
	// was told to take over. It is lost: its bundle never was ours.
	Found string
}

// known tells whether the App ever had a version there.
func (r Record) known(version string) bool {
	return version != "" && (version == r.Good.Version || version == r.Tried.Version || version == r.Found)
}

// Records keep the records, by the server's name and the plugin's id. One that is
// not kept is the zero Record.
type Records interface {
	DeploymentRecord(ctx context.Context, target, plugin string) (Record, error)
	SaveDeploymentRecord(ctx context.Context, target, plugin string, r Record) error
}

// Bundles are the bundles that are kept, by their SHA256.
type Bundles interface {
	Open(ctx context.Context, sha256 string) (io.ReadCloser, error)
}
