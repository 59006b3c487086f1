// Package release checks the newest release of a plugin: that it is published,
// stable, has one bundle that is sound and this plugin's, and that the bundle is
// still the one of the first look: the rules of check-rules.md, "release".
//
// Whether the tag's commit is reviewed code (S3) is not decided here: the fact
// "commit" names it.
package release

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/builds"
	"github.com/onboard-app/onboard/checks/bundle"
	"github.com/onboard-app/onboard/checks/safehttp"
)

// Name is the check's name and the stage's that it decides.
const Name = "release"

// Policy says how releases are read.
type Policy struct {
	Again  time.Duration // how long a file that was read is not read again (S17)
	Keep   time.Duration // how long what was found in an unchanged file is believed
	Limits bundle.Limits
}

// DefaultPolicy is check-rules.md's. A week after it was read, an unchanged
// file is read again, since Onboard itself learns what to look for.
func DefaultPolicy() Policy {
	return Policy{Again: 10 * time.Minute, Keep: 7 * 24 * time.Hour, Limits: bundle.DefaultLimits()}
}

// New returns the check under a policy. It fetches with the client and with
// nothing else. The check's Run fails for a folder, which has no releases.
func New(policy Policy, client *safehttp.Client) checks.Check {
	return checks.Check{
		Name: Name,
		Doc: "The newest release is published, of version 1.0.0 or later, no pre-release, and has exactly one bundle. The bundle is " +
			"sound, this plugin's, of the tag's version and still the one that was there first; its sha256 is what QA signs off. " +
			"Versions and build infos are what the author claims: evidence, no proof.",
		Rules:  rules(),
		Online: true,
		Reads:  func(path string) bool { return builds.IsManifest(path) || reader(path) != nil },
		Run: func(ctx context.Context, subject checks.Subject) (checks.Result, error) {
			l := look{ctx: ctx, policy: policy, client: client, subject: subject}
			return l.run()
		},
	}
}

// look is one look at the releases of one repository.
type look struct {
	ctx     context.Context //nolint:containedctx // a look lives as long as one call of Run
	policy  Policy
	client  *safehttp.Client
	subject checks.Subject

	last    memory // what the last look saw; zero at the first
	now     memory
	ci      []string  // CI configurations that build on tags
	release candidate // the newest; zero if there is none
	commit  string    // of its tag
	asset   checks.Asset
	result  checks.Result
}

func (l *look) run() (checks.Result, error) {
	if l.subject.Releases == nil {
		return checks.Result{}, errors.New("look at the releases: a folder has none, only a repository on GitHub")
	}
	if l.subject.Now.IsZero() {
		return checks.Result{}, errors.New("look at the releases: nobody said what time it is")
	}
	l.result = checks.Result{Check: Name, Outcome: checks.Pass, Findings: []checks.Finding{}, Facts: map[string]any{}}
	l.last = remember(l.subject.LastRelease, l.subject.Now)
	l.now.seen = l.last.seen
	releases, err := l.subject.Releases(l.ctx)
	if err != nil {
		return checks.Result{}, fmt.Errorf("list the releases: %w", err)
	}
	if l.ci, err = l.evidence(); err != nil {
		return checks.Result{}, err
	}
	if !l.choose(releases) {
		return l.none(releases)
	}
	if err := l.findCommit(); err != nil {
		return checks.Result{}, err
	}
	if !l.chooseAsset() {
		return l.finish(), nil
	}
	switch reuse, stale := l.known(); {
	case stale:
		return l.subject.LastRelease.Result, nil
	case reuse:
		l.now = l.last
	default:
		if err := l.fetch(); err != nil {
			return l.failed(err)
		}
	}
	return l.judge()
}

// findCommit finds the commit of the release's tag.
func (l *look) findCommit() error {
	l.commit = l.release.Commit
	if l.commit != "" {
		return nil
	}
	if l.subject.CommitTime == nil {
		return fmt.Errorf("find the commit of the tag %q: nobody knows it", l.release.Tag)
	}
	sha, _, err := l.subject.CommitTime(l.ctx, "tags/"+l.release.Tag)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		l.add(noTag, fmt.Sprintf("The tag %q of the release is not in the repository any more.", l.release.Tag))
		return nil
	case err != nil:
		return fmt.Errorf("find the commit of the tag %q: %w", l.release.Tag, err)
	}
	l.commit = sha
	return nil
}

// judge judges a bundle that was read, now or before.
func (l *look) judge() (checks.Result, error) {
	for _, f := range l.now.Problems {
		l.result.Add(f)
	}
	if len(l.now.Problems) == 0 && (l.now.SHA256 == "" || l.now.ID == "") {
		return checks.Result{}, errors.New("judge the release's bundle: nothing of it was read, and nothing found")
	}
	if l.now.SHA256 != "" {
		if err := l.digest(); err != nil {
			return checks.Result{}, err
		}
		if l.now.ID != "" {
			if err := l.identity(); err != nil {
				return checks.Result{}, err
			}
			l.version()
		}
		l.replaced()
	}
	return l.finish(), nil
}

// finish adds what the release itself is like, the facts and the title.
func (l *look) finish() checks.Result {
	r := l.release
	if r.Prerelease || len(r.version.Pre) > 0 {
		l.add(preRelease, fmt.Sprintf("The release %q is a pre-release, and there is no other.", r.Tag))
	}
	if r.version.Major == 0 {
		l.add(belowOne, fmt.Sprintf("The release %q is below version 1.0.0.", r.Tag))
	}
	if !r.Immutable {
		l.add(mutable, fmt.Sprintf("The files of the release %q can be replaced, because it is not an immutable release.", r.Tag))
	}
	if len(l.ci) == 0 {
		l.add(noCI, "No CI configuration in the repository says that it builds releases or tags.")
	}
	l.claims()
	l.result.Facts = l.facts()
	l.result.Title = l.title()
	zerolog.Ctx(l.ctx).Debug().Str("tag", r.Tag).Str("sha256", l.now.SHA256).Str("outcome", string(l.result.Outcome)).Msg("looked at the newest release")
	return l.result
}

// facts are what the look knows, for people and for the next look.
func (l *look) facts() map[string]any {
	facts := l.now.facts()
	facts["tag"], facts["commit"], facts["asset"] = l.release.Tag, l.commit, l.asset.Name
	facts["immutable"], facts["published_at"] = l.release.Immutable, builds.Stamp(l.release.PublishedAt)
	facts["ci"] = append([]string{}, l.ci...)
	return facts
}

// title says the outcome in one line of at most 80 runes; of a release in which
// nothing fails it is what QA signs off.
func (l *look) title() string {
	if i := slices.IndexFunc(l.result.Findings, func(f checks.Finding) bool { return f.Severity == checks.Failure }); i >= 0 {
		return checks.Shorten(l.result.Findings[i].Message, 80)
	}
	end := fmt.Sprintf(", sha256 %.12s", l.now.SHA256)
	if l.result.Outcome == checks.Review {
		end += ": a person must look"
	}
	return checks.Shorten(l.release.Tag, 80-len(end)) + end
}

// listed names things as a sentence does, at most five of them.
func listed(names []string) string {
	const most = 5
	quoted := make([]string, 0, most)
	for _, name := range names[:min(len(names), most)] {
		quoted = append(quoted, fmt.Sprintf("%q", checks.Shorten(name, 60)))
	}
	if more := len(names) - most; more > 0 {
		quoted = append(quoted, fmt.Sprintf("%d more", more))
	}
	return strings.Join(quoted, ", ")
}
