package builds

import (
	"context"
	"strings"
	"time"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/bundle"
	"github.com/onboard-app/onboard/checks/safehttp"
)

// File is what is kept of a build's file from one look to the next, in the facts
// and the findings of a result.
type File struct {
	ID, Version, SHA256 string // as in bundle.Bundle
	Bytes               int64
	Revision            string // that Go's build info claims
	ETag, LastModified  string
	ReadAt              time.Time        // when the file was read, the last time
	Problems            []checks.Finding // of the bundle alone, which stay true as long as the file is the same
}

// Read reads the file that a server answered with, at this time and as the check
// of this name. If it fails, the File says no more than when that was.
func Read(ctx context.Context, check string, response *safehttp.Response, limits bundle.Limits, at time.Time) (File, error) {
	file := File{ReadAt: at}
	read, problems, err := bundle.Read(ctx, response.Body, limits)
	if err != nil {
		return file, err //nolint:wrapcheck // the check tells a *safehttp.Error apart
	}
	file.ID, file.Version, file.Revision = read.ID, read.Version, read.Revision
	file.SHA256, file.Bytes = read.SHA256, read.Bytes
	file.ETag, file.LastModified = response.ETag, response.LastModified
	for _, p := range problems {
		file.Problems = append(file.Problems, p.Finding(check))
	}
	return file, nil
}

// Remember returns what the check's last look saw of the file.
func Remember(last checks.Result, check string, now time.Time) File {
	facts := Facts(last.Facts)
	file := File{
		ID: facts.Text("id"), Version: facts.Text("version"), SHA256: facts.Text("sha256"), Bytes: facts.Whole("bytes"),
		Revision: facts.Text("revision"), ETag: facts.Text("etag"), LastModified: facts.Text("last_modified"),
		ReadAt: facts.Moment("read_at", now),
	}
	for _, f := range last.Findings {
		if strings.HasPrefix(f.Rule, check+"/bundle-") {
			file.Problems = append(file.Problems, f)
		}
	}
	return file
}

// Condition asks for the file only if it is not this one any more.
func (f File) Condition() safehttp.Condition {
	return safehttp.Condition{ETag: f.ETag, LastModified: f.LastModified}
}

// Facts are the file as facts of a result.
func (f File) Facts() Facts {
	facts := Facts{"id": f.ID, "version": f.Version, "sha256": f.SHA256, "bytes": f.Bytes}
	facts.Note("revision", f.Revision)
	facts.Note("etag", f.ETag)
	facts.Note("last_modified", f.LastModified)
	facts.Note("read_at", Stamp(f.ReadAt))
	return facts
}

// Facts are the facts of a result, which may have been through JSON. What is of
// another kind than it should be is not believed: it counts as missing.
type Facts map[string]any

// Text returns a text, "" if it is missing.
func (f Facts) Text(name string) string {
	value, _ := f[name].(string)
	return value
}

// Whole returns a whole number, 0 if it is missing.
func (f Facts) Whole(name string) int64 {
	switch n := f[name].(type) {
	case int64:
		return n
	case float64:
		return int64(n)
	default:
		return 0
	}
}

// Moment returns a time that Stamp wrote, zero if it is missing or after now.
func (f Facts) Moment(name string, now time.Time) time.Time {
	at, err := time.Parse(time.RFC3339, f.Text(name))
	if err != nil || at.After(now) {
		return time.Time{}
	}
	return at
}

// Note adds a text, unless it is "".
func (f Facts) Note(name, value string) {
	if value != "" {
		f[name] = value
	}
}

// Stamp writes a time in UTC, "" for none.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
