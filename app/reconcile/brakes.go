package reconcile

import (
	"context"
	"errors"
	"strings"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/store"
)

// unbraked is an error without what operators want not to be written (S23): all
// else of a look goes on, and is on record.
func unbraked(err error) error {
	switch e := err.(type) { //nolint:errorlint // it goes through what is joined by itself
	case *ghapi.BrakedError:
		return nil
	case interface{ Unwrap() []error }:
		var rest []error
		for _, part := range e.Unwrap() {
			rest = append(rest, unbraked(part))
		}
		return errors.Join(rest...)
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil && unbraked(inner) == nil {
			return nil
		}
	}
	return err
}

// reach is GitHub as operators let it be used.
func (r *Reconciler) reach(repository store.Repository) (GitHub, error) {
	github, err := r.GitHub(repository)
	if err == nil && r.AnswersOnly {
		github = answersOnly{github}
	}
	return github, err
}

// answersOnly says nothing that nobody asked for, as who is waited for.
type answersOnly struct{ GitHub }

// Say says only what answers somebody.
func (a answersOnly) Say(ctx context.Context, want ghapi.Comment) error {
	if !strings.HasPrefix(want.Marker, answerMarker) {
		return &ghapi.BrakedError{Why: "it answers nobody"}
	}
	return a.GitHub.Say(ctx, want)
}
