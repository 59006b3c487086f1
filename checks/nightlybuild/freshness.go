package nightlybuild

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/blang/semver/v4"
)

// freshness checks that the build is not behind the default branch for longer
// than the allowed lag. What it was made of is what the author claims (S3).
func (l *look) freshness() error {
	tag, short := versionClaims(l.now.Version)
	if short != "" && l.now.Revision != "" && !strings.HasPrefix(l.now.Revision, short) {
		l.add(claimsDiffer, fmt.Sprintf("The build's version names the commit %s, but Go's build info in it names %.12s.", short, l.now.Revision))
	}
	claimed := short
	if claimed == "" {
		claimed = l.now.Revision
	}
	head := l.subject.Commit
	if claimed != "" && head != "" && strings.HasPrefix(head, claimed) {
		l.fresh(head)
		return nil
	}
	if l.subject.CommitTime == nil || head == "" {
		l.now.commit, l.now.behindSince = claimed, time.Time{}
		l.add(ageUnknown, "How old the build is was not checked, because the repository's history is not at hand here.")
		return nil
	}
	commit, at, err := l.find(claimed, tag)
	switch {
	case errors.Is(err, fs.ErrNotExist) && claimed != "":
		l.now.commit, l.now.behindSince = claimed, time.Time{}
		l.add(unknownCommit, fmt.Sprintf("The build says that it is made of the commit %.12s, which this repository does not have.", claimed))
		return nil
	case errors.Is(err, fs.ErrNotExist):
		l.now.commit, l.now.behindSince = "", time.Time{}
		l.add(ageUnknown, "Neither the build's version nor Go's build info in it says which commit it is made of.")
		return nil
	case err != nil:
		return err
	}
	return l.compare(commit, at)
}

// compare checks the lag of a build that is made of a commit.
func (l *look) compare(commit string, at time.Time) error {
	if commit == l.subject.Commit {
		l.fresh(commit)
		return nil
	}
	_, headAt, err := l.subject.CommitTime(l.ctx, l.subject.Commit)
	if err != nil {
		return fmt.Errorf("find out when the default branch's commit %s was made: %w", l.subject.Commit, err)
	}
	if at.After(headAt) { // the default branch moved on since this look began
		l.fresh(commit)
		return nil
	}
	l.now.commit = commit
	l.now.behindSince = l.since(commit, headAt)
	if behind := l.subject.Now.Sub(l.now.behindSince); behind > l.policy.Lag {
		l.add(stale, fmt.Sprintf("The build is made of the commit %.7s and behind the default branch since %s, which is more than the %.0f hours allowed.",
			commit, l.now.behindSince.UTC().Format("2006-01-02 15:04 MST"), l.policy.Lag.Hours()))
	}
	return nil
}

// fresh notes a build that is not behind.
func (l *look) fresh(commit string) {
	l.now.commit, l.now.behindSince = commit, time.Time{}
}

// since returns since when a build has been behind the default branch. If an
// earlier look has seen it behind, since then, so that a build that stopped
// fails on a busy branch too; if an earlier look has seen it at the head, not
// before that look, so that a push after a quiet year leaves the full lag to
// build it; else since the head was committed.
func (l *look) since(commit string, headAt time.Time) time.Time {
	since := headAt
	if l.last.commit == commit {
		if !l.last.behindSince.IsZero() {
			return l.last.behindSince
		}
		if seen := l.subject.Nightly.At; seen.After(since) {
			since = seen
		}
	}
	if since.After(l.subject.Now) {
		return l.subject.Now
	}
	return since
}

// find finds the commit that a build claims, or the one of the tag that its
// version is. Its error is an fs.ErrNotExist if there is none.
func (l *look) find(claimed, tag string) (sha string, at time.Time, err error) {
	refs := []string{claimed}
	if claimed == "" {
		refs = []string{"tags/v" + tag, "tags/" + tag}
	}
	if claimed == "" && tag == "" {
		return "", time.Time{}, fs.ErrNotExist
	}
	for _, ref := range refs {
		sha, at, err = l.subject.CommitTime(l.ctx, ref)
		if err == nil && !strings.HasPrefix(sha, claimed) {
			err = fmt.Errorf("%q is the commit %s: %w", ref, sha, fs.ErrNotExist) // a branch with a name like a SHA
		}
		if err == nil {
			return sha, at, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", time.Time{}, fmt.Errorf("find the commit %q of the build: %w", ref, err)
		}
	}
	return "", time.Time{}, err
}

// versionClaims reads what a version says: the tag, and the first digits of a
// commit's SHA, which the template's builds put behind a plus sign.
func versionClaims(version string) (tag, short string) {
	v, err := semver.Parse(version)
	if err != nil {
		return "", ""
	}
	for _, part := range v.Build {
		part = strings.TrimPrefix(strings.ToLower(part), "g")
		if len(part) >= 7 && len(part) <= 40 && strings.Trim(part, "0123456789abcdef") == "" {
			short = part
		}
	}
	v.Build = nil
	return v.String(), short
}
