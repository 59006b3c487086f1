package deploy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/mattermost/bundles"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/bundle"
	"github.com/onboard-app/onboard/checks/safehttp"
)

// UnsoundError is a bundle that no server gets.
type UnsoundError struct{ Findings []checks.Finding }

func (e *UnsoundError) Error() string {
	var lines []string
	for _, f := range e.Findings {
		lines = append(lines, f.Message)
	}
	return "the bundle is not sound: " + strings.Join(lines, " ")
}

// Examine reads a bundle to its end, whoever it is from, and says what it is. The
// error is an [UnsoundError] if no server should get it.
func Examine(ctx context.Context, content io.Reader) (mattermost.Bundle, error) {
	read, problems, err := bundle.Read(ctx, content, bundle.DefaultLimits())
	if err != nil {
		return mattermost.Bundle{}, err
	}
	var unsound UnsoundError
	for _, p := range problems {
		if f := p.Finding("bundle"); f.Severity == checks.Failure {
			unsound.Findings = append(unsound.Findings, f)
		}
	}
	if len(unsound.Findings) > 0 {
		return mattermost.Bundle{}, &unsound
	}
	return mattermost.Bundle{
		SHA256: read.SHA256, Bytes: read.Bytes, Plugin: read.ID, Version: read.Version, MinServerVersion: read.MinServerVersion,
	}, nil
}

// kept reads a bundle that is kept.
func kept(ctx context.Context, folder bundles.Folder, sha256 string) (mattermost.Bundle, error) {
	content, err := folder.Open(ctx, sha256)
	if err != nil {
		return mattermost.Bundle{}, err
	}
	defer content.Close()
	b, err := Examine(ctx, content)
	if err == nil && b.SHA256 != sha256 { // it is one of our own files, and the disk is not to be trusted
		err = &bundles.DifferentError{Want: sha256, Got: b.SHA256}
	}
	return b, err
}

// bundle gets the bundle that is wanted: the kept one, else what the URL has now.
// The error says in a sentence what people may read.
func (d *Deployments) bundle(ctx context.Context, s Standing) (mattermost.Bundle, error) {
	w := s.Wanted
	is, err := d.Bundles.Has(ctx, w.SHA256)
	if err == nil && !is {
		err = d.fetch(ctx, s)
	}
	if err != nil {
		return mattermost.Bundle{}, err
	}
	b, err := kept(ctx, d.Bundles, w.SHA256)
	switch {
	case err != nil:
		return mattermost.Bundle{}, err
	case b.Plugin != s.Plugin: // pinned since the start (S5)
		return mattermost.Bundle{}, &UnsoundError{[]checks.Finding{{Message: fmt.Sprintf("It is of the plugin %q and not of %q.", b.Plugin, s.Plugin)}}}
	}
	return b, nil
}

// errNotKept says that a bundle cannot be had any more.
var errNotKept = errors.New("the bundle is not kept, and nothing says where it can be had")

// errSpent says that nothing more is downloaded today for an owner (S17).
var errSpent = errors.New("today's downloads are used up")

// fetch downloads a bundle, which must be the one that was checked (S6).
func (d *Deployments) fetch(ctx context.Context, s Standing) error {
	if s.Wanted.URL == "" {
		return errNotKept
	}
	r, known, err := d.Store.Repository(ctx, s.Repository)
	if err == nil && known {
		var spent int64
		if spent, err = d.Store.Downloaded(ctx, r.OwnerID, d.Now()); err == nil && spent >= d.DailyBytes {
			err = errSpent
		}
	}
	if err != nil {
		return err
	}
	loaded := 0
	response, err := d.Fetch.Get(safehttp.Metered(ctx, func(bytes int) { loaded += bytes }), s.Wanted.URL, safehttp.Condition{})
	if err == nil {
		defer response.Body.Close()
		err = d.Bundles.Keep(ctx, s.Wanted.SHA256, response.Body)
	}
	return errors.Join(err, d.count(ctx, r.OwnerID, int64(loaded)))
}
