// Package nightlybuild checks the latest build of a plugin's default branch,
// which the author publishes somewhere: that it is there, whole, this plugin's
// and fresh: the rules of check-rules.md, "nightly-build".
package nightlybuild

import (
	"context"
	"errors"
	"fmt"
	"maps"
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
const Name = "nightly-build"

// AgainAt is the fact that says when the build can be read again, as RFC 3339 in
// UTC. A result has it only if the build was not read, since it was shortly
// before: who asked wants another look then.
const AgainAt = "again_at"

// Policy says what a nightly build may be; the keys without a name are not for
// the configuration.
type Policy struct {
	Lag    time.Duration `json:"lag" jsonschema:"How long the build may be behind the default branch, as 48h." example:"48h"`
	Hosts  []string      `json:"hosts" jsonschema:"Hosts that builds may come from beside the repository's own releases; *.example.com is all below it." example:"[builds.example.com]"` // (S6)
	Nights int           `json:"nights" jsonschema:"After so many nights without an answer the check fails." example:"3"`
	Again  time.Duration `json:"-"` // how long a file that was read is not read again (S17)
	Limits bundle.Limits `json:"-"`
}

// DefaultPolicy is check-rules.md's.
func DefaultPolicy() Policy {
	return Policy{Lag: 48 * time.Hour, Again: 10 * time.Minute, Nights: 3, Limits: bundle.DefaultLimits()}
}

// New returns the check under a policy. It fetches with the client and with
// nothing else. It fails with a [checks.PolicyError] if nothing could pass.
func New(policy Policy, client *safehttp.Client) (checks.Check, error) {
	if err := policy.validate(); err != nil {
		return checks.Check{}, err
	}
	return checks.Check{
		Name: Name,
		Doc: "The latest build of the default branch can be downloaded by everybody, is a sound bundle, is this plugin's and is " +
			"not behind the default branch for longer than allowed. Versions and build infos are what the author claims: evidence, no proof.",
		Rules:  rules(),
		Online: true,
		Reads:  builds.IsManifest,
		Run: func(ctx context.Context, subject checks.Subject) (checks.Result, error) {
			l := look{ctx: ctx, policy: policy, client: client, subject: subject}
			result, err := l.run()
			if url := l.subject.NightlyURL; err == nil && url != "" {
				result.Facts = maps.Clone(result.Facts)
				result.Facts["url"] = url
				delete(result.Facts, AgainAt)
				if !l.again.IsZero() {
					result.Facts[AgainAt] = builds.Stamp(l.again)
				}
			}
			return result, err
		},
	}, nil
}

// validate finds what no check can work with.
func (p Policy) validate() error {
	var faults checks.PolicyError
	if p.Lag <= 0 {
		faults = append(faults, checks.PolicyFault{Key: "nightly.lag", What: "must be longer than 0"})
	}
	if p.Nights < 1 {
		faults = append(faults, checks.PolicyFault{Key: "nightly.nights", What: "must be 1 or more"})
	}
	for _, host := range p.Hosts {
		if strings.ContainsAny(host, "/:@ ") || strings.Contains(strings.TrimPrefix(host, "*."), "*") {
			faults = append(faults, checks.PolicyFault{Key: "nightly.hosts", What: fmt.Sprintf("%q must be a host, without https:// and port, or *. and the end of hosts", host)})
		}
	}
	if len(faults) > 0 {
		return faults
	}
	return nil
}

// look is one look at one build.
type look struct {
	ctx     context.Context //nolint:containedctx // a look lives as long as one call of Run
	policy  Policy
	client  *safehttp.Client
	subject checks.Subject

	missing string // why there is no URL
	guessed bool   // the URL is where the build was found last time
	last    build  // what the last look saw; zero at the first
	now     build
	again   time.Time // when the file is read again, if it was not because it was read recently
	result  checks.Result
}

func (l *look) run() (checks.Result, error) {
	l.result = checks.Result{Check: Name, Outcome: checks.Pass, Findings: []checks.Finding{}, Facts: map[string]any{}}
	if l.subject.Now.IsZero() {
		return checks.Result{}, errors.New("look at the nightly build: nobody said what time it is")
	}
	if err := l.discover(); err != nil {
		return checks.Result{}, err
	}
	if l.subject.NightlyURL == "" {
		l.noURL()
		return l.result, nil
	}
	l.last = l.remember()
	switch reuse, whole := l.recent(); {
	case reuse && !whole:
		l.result = l.subject.Nightly.Result
		l.result.Findings = slices.DeleteFunc(slices.Clone(l.result.Findings), func(f checks.Finding) bool { return f.Rule == readRecently })
		l.notRead()
		return l.result, nil
	case reuse:
		l.now = l.last
		l.notRead()
	default:
		err := l.fetch()
		if err != nil && l.guessed {
			err = l.fetchElsewhere(err)
		}
		if err != nil {
			return l.failed(err)
		}
	}
	return l.judge()
}

// recent reports whether the file was read so recently that it is not read
// again, and whether it was read whole then. A look that passed without having
// read all is no look.
func (l *look) recent() (reuse, whole bool) {
	if l.last.ReadAt.IsZero() || l.subject.Now.Sub(l.last.ReadAt) >= l.policy.Again {
		return false, false
	}
	whole = l.last.SHA256 != "" && l.last.unreachableSince.IsZero()
	return whole || l.subject.Nightly.Result.Outcome != checks.Pass, whole
}

// notRead says that the file was not read now, and when it is.
func (l *look) notRead() {
	l.again = l.last.ReadAt.Add(l.policy.Again)
	l.add(readRecently, fmt.Sprintf("The build was read at %s. The same URL is read at most once in %.0f minutes, so what was published since is read after %s.",
		l.last.ReadAt.UTC().Format("15:04 MST"), l.policy.Again.Minutes(), l.again.UTC().Format("15:04 MST")))
}

// fetch reads the build, unless it is the one that the last look saw.
func (l *look) fetch() error {
	var condition safehttp.Condition
	if l.last.SHA256 != "" {
		condition = l.last.Condition()
	}
	response, err := l.client.Get(l.ctx, l.subject.NightlyURL, condition)
	if err != nil {
		return err //nolint:wrapcheck // told apart by failed
	}
	defer response.Body.Close()
	if response.NotModified {
		l.now = l.last
		l.now.hosts, l.now.unreachableSince = response.Hosts, time.Time{}
		return nil
	}
	l.now = build{hosts: response.Hosts}
	l.now.File, err = builds.Read(l.ctx, Name, response, l.policy.Limits, l.subject.Now)
	return err //nolint:wrapcheck // told apart by failed
}

// failed makes a result of a build that could not be read. What only somebody
// can mend fails; what may pass by itself is tried again, for some nights.
func (l *look) failed(err error) (checks.Result, error) {
	var refused *safehttp.Error
	if !errors.As(err, &refused) {
		return checks.Result{}, fmt.Errorf("read the nightly build at %q: %w", l.subject.NightlyURL, err)
	}
	l.result.Add(refused.Finding(Name))
	l.result.Facts = build{File: builds.File{ReadAt: l.now.ReadAt}}.facts()
	zerolog.Ctx(l.ctx).Info().AnErr("cause", errors.Unwrap(refused)).Str("rule", refused.Rule).Msg("could not fetch a nightly build")
	if refused.Retry {
		since := l.last.unreachableSince
		if since.IsZero() {
			since = l.subject.Now
		}
		if nights(since, l.subject.Now) < l.policy.Nights {
			l.result.Outcome = checks.Error
		} else {
			l.add(unreachable, fmt.Sprintf("The build could not be read since %s.", since.UTC().Format(time.DateOnly)))
		}
		l.result.Facts = l.last.unreachable(since, l.now.ReadAt)
	}
	l.result.Title = checks.Shorten(refused.Message, maxTitle)
	return l.result, nil
}

// nights counts the nights from one look to another, both included. Two nightly
// looks are a day apart, less some hours, since looks are spread.
func nights(from, to time.Time) int {
	const day, spread = 24 * time.Hour, 5 * time.Hour
	return int((to.Sub(from)+spread)/day) + 1
}

// judge judges a build that was read, now or before.
func (l *look) judge() (checks.Result, error) {
	for _, f := range l.now.Problems {
		l.result.Add(f)
	}
	l.hosts()
	if l.now.SHA256 != "" && l.now.ID != "" {
		if err := l.identity(); err != nil {
			return checks.Result{}, err
		}
		if err := l.freshness(); err != nil {
			return checks.Result{}, err
		}
	}
	if l.result.Outcome == checks.Pass && (l.now.SHA256 == "" || l.now.ID == "") {
		return checks.Result{}, errors.New("judge the nightly build: nothing of it was read, and nothing found")
	}
	l.result.Facts = l.now.facts()
	l.result.Title = l.title()
	return l.result, nil
}

// maxTitle bounds a title, in runes.
const maxTitle = 80

// title says the outcome in one line.
func (l *look) title() string {
	for _, severity := range []checks.Severity{checks.Failure, checks.Warning} {
		if i := slices.IndexFunc(l.result.Findings, func(f checks.Finding) bool { return f.Severity == severity }); i >= 0 {
			return checks.Shorten(l.result.Findings[i].Message, maxTitle)
		}
	}
	if l.now.commit == "" {
		return checks.Shorten(l.now.ID+" "+l.now.Version, maxTitle)
	}
	return checks.Shorten(fmt.Sprintf("%s %s, commit %.7s", l.now.ID, l.now.Version, l.now.commit), maxTitle)
}
