package boilerplate

import (
	"context"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/checks/template"
)

const (
	daily    = 24 * time.Hour
	hourly   = time.Hour // after a failure: without credentials GitHub allows 60 calls an hour
	readOnce = 25        // commits that are read in one go, with two calls each at the most
)

// Refresh reads what is new in the template's repository, if it is time, and
// says when to come again. ready is true if only now the index may be used.
//
// An unchanged template costs one call a day (and one that asks for the App's
// installation): the default branch's newest commits. There is nothing to win
// by asking whether yesterday's answer still holds, since an installation's
// ETags last an hour and without credentials that costs a call, too
// (github-facts.md section 7). A commit costs a call once it counts, two if attributes
// alter its archive.
//
// What GitHub fails to give is noted for Failing and tried again in an hour;
// what was read stays. An error is the database's.
func (k *Keeper) Refresh(ctx context.Context) (next time.Time, ready bool, err error) {
	before, err := k.load(ctx)
	if err != nil {
		return time.Time{}, false, err
	}
	now := k.now()
	state := *before
	if now.Sub(state.TriedAt) < state.pause(now)*8/10 { // the queue comes up to 10 % early
		return state.TriedAt.Add(state.pause(now)), false, nil
	}
	failure := k.read(ctx, &state, now)
	if ctx.Err() != nil { // we stop; nobody failed
		return time.Time{}, false, fmt.Errorf("read template %s: %w", k.repository, ctx.Err())
	}
	if n := len(state.index.Commits()) - len(before.index.Commits()); n > 0 {
		zerolog.Ctx(ctx).Info().Str("template", k.repository).Int("versions", n).Msg("read new versions of the starter template")
	}
	state.TriedAt = now
	k.note(ctx, &state, failure, now)
	if err := k.save(ctx, &state, false); err != nil {
		return time.Time{}, false, err
	}
	return now.Add(state.pause(now)), state.ready && !before.ready, nil
}

// pause is how long to wait after the last try.
func (s *kept) pause(now time.Time) time.Duration {
	switch {
	case s.Failure != "":
		return hourly
	case s.counts(now) > 0: // more than is read in one go
		return 0
	}
	return daily
}

// counts is how many of the pending commits count by now: those that are old
// enough, up to the first that is not. What follows a young commit is young.
func (s *kept) counts(now time.Time) int {
	for i, commit := range s.Pending {
		if now.Sub(commit.Date) < template.MinAge || now.Sub(commit.Seen) < template.MinAge {
			return i
		}
	}
	return len(s.Pending)
}

// note keeps what became of a try. A failure is told once, when it begins.
func (k *Keeper) note(ctx context.Context, s *kept, failure error, now time.Time) {
	log := zerolog.Ctx(ctx).With().Str("template", k.repository).Logger()
	switch {
	case failure == nil && s.Failure != "":
		log.Info().Msg("the starter template can be read again")
		fallthrough
	case failure == nil:
		s.Failing, s.Failure = time.Time{}, ""
	case s.Failure == "":
		log.Warn().Err(failure).Bool("ready", s.ready).Msg("the starter template cannot be read; what is known of it stays")
		s.Failing, s.Failure = now, failure.Error()
	default:
		log.Debug().Err(failure).Msg("the starter template still cannot be read")
		s.Failure = failure.Error()
	}
}

// read reads what is due: the list of commits, then those that count.
func (k *Keeper) read(ctx context.Context, s *kept, now time.Time) error {
	k.client.Store(nil)
	github, err := k.reader(ctx)
	if err != nil {
		return err
	}
	if now.Sub(s.ListedAt) >= daily*8/10 {
		if err := k.list(ctx, github, s, now); err != nil {
			return err
		}
	}
	for range min(readOnce, s.counts(now)) {
		if err := k.add(ctx, github, s, now); err != nil {
			return err
		}
	}
	if s.counts(now) > 0 {
		return nil // the rest comes next
	}
	if len(s.index.Commits()) == 0 {
		return fmt.Errorf("read %s: no commit is on its default branch for %d days", k.repository, template.MinAge/daily)
	}
	s.Complete, s.ready = true, true
	return nil
}

// list notes which commits are on the default branch and not in the index, and
// since when. One that was pushed away and comes again is new. Of a template
// that was never listed the dates are believed: there is nothing else to go by,
// and somebody chose it as it is. The built-in one is known up to its last
// commit, and what follows must wait.
func (k *Keeper) list(ctx context.Context, github GitHub, s *kept, now time.Time) error {
	known := commitsOf(s.index)
	commits, err := github.Commits(ctx, func(sha string) bool { return known[sha] })
	if err != nil {
		return err
	}
	seen := map[string]time.Time{}
	for _, commit := range s.Pending {
		seen[commit.SHA] = commit.Seen
	}
	first := s.ListedAt.IsZero() && len(known) == 0
	s.Pending = nil
	for _, commit := range commits {
		at, before := seen[commit.SHA]
		if !before && !first && !s.former[commit.SHA] {
			at = now
		}
		s.Pending = append(s.Pending, store.TemplateCommit{SHA: commit.SHA, Tree: commit.Tree, Date: commit.Date, Seen: at})
	}
	s.former, s.ListedAt = nil, now
	return k.save(ctx, s, false)
}

// add reads the oldest pending commit and adds it to the index.
func (k *Keeper) add(ctx context.Context, github GitHub, s *kept, now time.Time) error {
	oldest := s.Pending[0]
	version, read, err := github.Version(ctx, template.Commit{SHA: oldest.SHA, Tree: oldest.Tree, Date: oldest.Date})
	if err != nil {
		return err
	}
	index, err := s.index.Extend([]template.Version{version}, now, k.texts.reading(read))
	if err != nil {
		return err
	}
	s.index, s.Pending = index, s.Pending[1:]
	return k.save(ctx, s, true)
}
