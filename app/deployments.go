package app

import (
	"context"
	"net/netip"
	"time"

	"github.com/onboard-app/onboard/app/deploy"
	"github.com/onboard-app/onboard/app/queue"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/checks/safehttp"
)

// deployTimeout bounds a deployment: two uploads and two starts.
const deployTimeout = 15 * time.Minute

// deployPause is until a deployment is tried that waits for another one: in one
// process there is one at a time, so that they leave the workers to the looks.
const deployPause = 5 * time.Second

// deployments are those of this process. Only one that has the role deploy holds
// the servers' tokens (S20).
func (c Config) deployments(s *store.Store, now func() time.Time) (d *deploy.Deployments, tokens []*rotating, err error) {
	ranges, err := c.SafeHTTP.cidrs()
	if err != nil {
		return nil, nil, err
	}
	byName := c.Targets.tokens()
	servers, err := c.Targets.servers(func(name string) func() string {
		return func() string { return byName[name].get().line() }
	})
	if err != nil {
		return nil, nil, err
	}
	for _, name := range c.Targets.configured() {
		tokens = append(tokens, byName[name])
	}
	folder, secret, err := c.Bundles.folder()
	if err != nil {
		return nil, nil, err
	}
	if secret != nil {
		tokens = append(tokens, secret)
	}
	return &deploy.Deployments{
		Store: s, Targets: servers, Bundles: folder, Now: now, Run: queue.Want, DailyBytes: int64(c.SafeHTTP.DailyMiB) << 20,
		Fetch: safehttp.New(c.safehttp(ranges, downloadTime)),
	}, tokens, nil
}

// safehttp is the policy under which all that people name is downloaded.
func (c Config) safehttp(ranges []netip.Prefix, download time.Duration) safehttp.Policy {
	return safehttp.Policy{
		UserAgent: userAgent(), AllowHTTP: c.SafeHTTP.AllowHTTP, AllowHosts: c.SafeHTTP.AllowHosts, AllowCIDRs: ranges, TotalTimeout: download,
	}
}

// line is the first secret of a text, "" if there is none.
func (s Secret) line() string {
	if lines := s.lines(); len(lines) > 0 {
		return lines[0]
	}
	return ""
}

// deploy runs a deployment's key.
func (a *App) deploy(ctx context.Context, key string) (next time.Time, err error) {
	if rests, err := a.brakes.rests(ctx); err != nil || rests {
		return a.now().Add(pausedPause), err
	}
	select {
	case a.deploying <- struct{}{}:
		defer func() { <-a.deploying }()
	default:
		return a.now().Add(deployPause), nil
	}
	return a.deployments.Look(ctx, key)
}

// tokenProblems are of the servers' tokens, for /readyz.
func (a *App) tokenProblems() (problems []string) {
	for _, token := range a.tokens {
		problems = append(problems, token.problems()...)
	}
	return problems
}
