package deploy

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/reconcile"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

// Follower puts on record what the gates let through, in any process: only those
// that deploy need the servers.
type Follower struct {
	Store *store.Store
	// Targets are the gates with a server that is deployed to; true: unasked.
	Targets map[string]bool
	// Halted is why nothing is deployed of any plugin; "" for nothing.
	Halted string
	Run    Run
	Now    func() time.Time
}

var _ reconcile.Deployments = (*Follower)(nil)

// Follow implements [reconcile.Deployments].
func (f *Follower) Follow(ctx context.Context, repository int64, plugin string, builds []reconcile.Build) error {
	for _, b := range builds {
		auto, has := f.Targets[b.Gate]
		if !has {
			continue
		}
		row, is, err := f.Store.Deployment(ctx, b.Gate, plugin)
		if err != nil {
			return err
		}
		s, err := Read(row)
		if err != nil {
			return err
		}
		w := f.wanted(b, auto, s)
		switch {
		case is && row.Repository != 0 && row.Repository != repository: // ids are unique (S5); whoever has it now inherits nothing
			zerolog.Ctx(ctx).Warn().Str("target", b.Gate).Str("plugin", plugin).Int64("of", row.Repository).Msg("another repository's plugin is there")
			continue
		case !is && w.SHA256 == "" && w.Offered == "": // nothing was ever let through
			continue
		}
		if err := f.want(ctx, repository, plugin, b.Gate, w); err != nil {
			return err
		}
	}
	return nil
}

// wanted is what a gate and its mode make of a build, where it stands so.
func (f *Follower) wanted(b reconcile.Build, auto bool, s Standing) Wanted {
	order := b.Order
	switch {
	case order != nil && order.Remove:
		return Wanted{Remove: true, By: "@" + order.By.Login}
	case s.putsBack(b):
		return Wanted{SHA256: order.Digest, Commit: order.Commit, By: "@" + order.By.Login, Again: true, Asked: order.At, Instead: order.Instead}
	case f.Halted != "":
		return Wanted{Halted: f.Halted}
	case b.Digest == "":
		return Wanted{Halted: b.Why}
	case order != nil && order.Digest == b.Digest:
		return Wanted{SHA256: b.Digest, URL: b.URL, Commit: b.Commit, By: "@" + order.By.Login, Again: true, Asked: order.At}
	case b.Refused:
		return Wanted{Halted: "it was rolled back", Refused: true, Offered: b.Digest, URL: b.URL, Commit: b.Commit}
	case auto:
		return Wanted{SHA256: b.Digest, URL: b.URL, Commit: b.Commit}
	}
	return Wanted{Halted: "it waits for an admin", Offered: b.Digest, URL: b.URL, Commit: b.Commit}
}

// putsBack tells whether an order to put a bundle back stands: until the gate lets
// another one through than it did then, and unless something else was deployed since.
func (s Standing) putsBack(b reconcile.Build) bool {
	order, runs := b.Order, s.Record.Good.SHA256
	if order == nil || order.Instead == "" || b.Digest != "" && b.Digest != order.Passed && !b.Refused {
		return false
	}
	return runs == order.Digest || runs == order.Instead && s.Result.Put.Before(order.At)
}

func (f *Follower) want(ctx context.Context, repository int64, plugin, target string, w Wanted) error {
	return f.Store.Write(ctx, fmt.Sprintf("record what is wanted of %q on %s", plugin, target), func(ctx context.Context, tx *sql.Tx) error {
		_, open, err := Want(ctx, tx, target, plugin, repository, w, false)
		if err != nil || !open {
			return err
		}
		return f.Run(ctx, tx, Key(target, plugin), f.Now())
	})
}

// Servers implements [reconcile.Deployments].
func (f *Follower) Servers(ctx context.Context, repository int64, plugin string) (map[string]texts.Server, error) {
	servers := map[string]texts.Server{}
	for target := range f.Targets {
		row, known, err := f.Store.Deployment(ctx, target, plugin)
		if err != nil {
			return nil, err
		}
		if !known || row.Repository != repository {
			continue
		}
		s, err := Read(row)
		if err != nil {
			return nil, err
		}
		servers[target] = s.server()
	}
	return servers, nil
}

// server is what people are told about a row.
func (s Standing) server() (shown texts.Server) {
	if good := s.Record.Good; good.SHA256 != "" {
		shown.Version, shown.SHA256, shown.Since = good.Version, good.SHA256, s.Result.Put
	}
	shown.Offered = s.Wanted.Offered
	if s.Wanted.Offered == s.Record.Good.SHA256 {
		shown.Offered = ""
	}
	if s.Result.Running.SHA256 == s.Record.Good.SHA256 {
		shown.Earlier = s.Result.Earlier
	}
	switch {
	case s.Wanted.Refused:
		shown.Trouble = fmt.Sprintf("an admin had sha256 %.12s… rolled back before", s.Wanted.Offered)
	case s.Wanted.Halted != "":
	case s.Result.Why != "":
		shown.Trouble = s.Result.public()
	case s.Wanted.Instead != "" && s.Wanted.SHA256 == s.Record.Good.SHA256:
		shown.Trouble = fmt.Sprintf("%s had sha256 %.12s… rolled back, until another build passes or an admin deploys it", s.Wanted.By, s.Wanted.Instead)
	}
	return shown
}

// public is why something was not deployed, for everybody: what operators have to
// set right is theirs.
func (r Result) public() string {
	switch r.Reason {
	case mattermost.NoToken, mattermost.TokenRefused, mattermost.NotAllowed, mattermost.UploadsOff, mattermost.Moved,
		mattermost.Insecure, mattermost.Misunderstood, mattermost.TooLarge, mattermost.Refused:
		return "the server's operators have something to set right there"
	}
	return r.Why
}
