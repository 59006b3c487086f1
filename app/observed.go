package app

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/palantir/go-githubapp/githubapp"
	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/metrics"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/queue"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/handlers"
)

// bounds are the values that the metrics' labels may have.
func (c Config) bounds(list []checks.Check) metrics.Bounds {
	b := metrics.Bounds{Version: version(), Events: handled(eventHandlers(handlers.All(handlers.Deps{}))), Checks: checkNames(list), Parties: []string{string(onboarding.Author), string(onboarding.RoleHolders)}}
	for _, stage := range c.Pipeline.Stages {
		b.Stages = append(b.Stages, stage.Name)
	}
	for _, gate := range c.Pipeline.Gates {
		b.Stages = append(b.Stages, gate.Name)
	}
	for _, role := range c.Roles.names() {
		b.Parties = append(b.Parties, string(role))
	}
	return b
}

// handled are the events that something is done about.
func handled(list []githubapp.EventHandler) (events []string) {
	for _, h := range list {
		events = append(events, h.Handles()...)
	}
	events = slices.DeleteFunc(events, func(event string) bool { return event == handlers.PageEvent }) // which is never delivered
	slices.Sort(events)
	return slices.Compact(events)
}

// fate is what becomes of a delivery, found out on its way.
type fate struct{ key string } // "" if it concerns nobody

type fateKey struct{}

// noted is how the queue finds the key of a delivery, noted in its fate.
func noted(route func(context.Context, string, []byte) (string, error)) func(context.Context, string, []byte) (string, error) {
	return func(ctx context.Context, event string, payload []byte) (string, error) {
		key, err := route(ctx, event, payload)
		if f, ok := ctx.Value(fateKey{}).(*fate); ok {
			f.key = key
		}
		return key, err
	}
}

// maxLogged bounds what the log quotes of a header that is not signed (S14).
const maxLogged = 100

// warnings is how many of them deliveries may cause a minute: anybody can send some
// that are refused, by the thousand. The metrics count them all.
const warnings = 20

// heard counts each delivery and tells of it in one line, once it was answered.
func (a *App) heard(next http.Handler) http.Handler {
	bounded := a.log.Sample(zerolog.LevelSampler{WarnSampler: &zerolog.BurstSampler{Burst: warnings, Period: time.Minute}})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, f, answer := time.Now(), &fate{}, &answered{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(answer, r.WithContext(context.WithValue(bounded.WithContext(r.Context()), fateKey{}, f)))
		took := time.Since(began)
		event, level, outcome := r.Header.Get("X-GitHub-Event"), zerolog.DebugLevel, metrics.Ignored
		switch {
		case answer.status >= http.StatusBadRequest:
			outcome = metrics.Refused
		case f.key != "":
			level, outcome = zerolog.InfoLevel, metrics.Stored
		}
		a.metrics.Delivered(event, outcome, took)
		a.log.WithLevel(level).Str("key", f.key).Int("status", answer.status).Dur("took", took).
			Str(githubapp.LogKeyEventType, cut(event)).Str(githubapp.LogKeyDeliveryID, cut(r.Header.Get("X-GitHub-Delivery"))).
			Msg("delivery " + outcome)
	})
}

func cut(header string) string { return header[:min(len(header), maxLogged)] }

// answered is a response of which the status is known afterwards.
type answered struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (a *answered) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap lets net/http find what it is around.
func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// newcomers stand for the installations of repositories of which nothing is on
// record yet.
const newcomers = "repositories not on record"

// holder names who holds up a key while GitHub is unavailable to it: its
// installation, which has limits and tokens of its own.
func (a *App) holder(ctx context.Context, key string) string {
	id, err := strconv.ParseInt(strings.TrimPrefix(key, repositoryKey), 10, 64)
	if err != nil {
		return key
	}
	repository, known, err := a.store.Repository(ctx, id)
	if err != nil || !known {
		return newcomers
	}
	return installationKey + strconv.FormatInt(repository.Installation, 10)
}

// saving tells how long a look that nobody asked for is to wait, because few of
// the calls are left that GitHub allows the repository's installation this hour:
// they are for what people wait for.
func (a *App) saving(ctx context.Context, repository int64) (time.Duration, error) {
	if !queue.Unasked(ctx) {
		return 0, nil
	}
	r, known, err := a.store.Repository(ctx, repository)
	if err != nil || !known {
		return 0, err
	}
	wait := a.github.Saving(r.Installation)
	if wait > 0 {
		wait += wait/8 + time.Second // the queue spreads it by a tenth, be it back
		zerolog.Ctx(ctx).Debug().Dur("wait", wait).Msg("few calls are left of this hour's, so the look waits")
	}
	return wait, nil
}
