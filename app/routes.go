package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/rs/zerolog"
)

// routes are what everybody can reach.
func (a *App) routes() http.Handler {
	pages := http.NewServeMux()
	a.healthRoutes(pages)
	a.pages.Routes(pages)
	a.signin.Routes(pages)
	mux := http.NewServeMux()
	if !a.does(RoleWeb) {
		a.healthRoutes(mux)
		return a.logged(mux)
	}
	mux.Handle("POST "+HookPath, a.heard(a.hook)) // from anywhere, signed
	mux.Handle("/", a.protection.Handler(pages))
	return a.logged(mux)
}

// protectionOf refuses what browsers send for other sites and would change
// something. The site itself is also what proxies in front call it.
func protectionOf(publicURL string) (*http.CrossOriginProtection, error) {
	protection := http.NewCrossOriginProtection()
	if publicURL == "" {
		return protection, nil
	}
	if err := protection.AddTrustedOrigin(publicURL); err != nil {
		return nil, fmt.Errorf("trust server.public_url: %w", err)
	}
	return protection, nil
}

// adminRoutes are what operators reach.
func (a *App) adminRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.metrics.Handler())
	a.healthRoutes(mux)
	a.opsRoutes(mux)
	return a.logged(http.NewCrossOriginProtection().Handler(mux))
}

func (a *App) healthRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", a.ready)
}

// logged puts the logger where libraries look for it.
func (a *App) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(a.log.WithContext(r.Context())))
	})
}

// readiness is what /readyz answers.
type readiness struct {
	Status  string   `json:"status"` // ok, degraded, down
	Reasons []string `json:"reasons"`
}

// ready is 503 only if the database cannot accept deliveries. That GitHub is
// away must not take replicas out of the balancer: it is told as degraded.
func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	answer, status := a.readiness(r.Context()), http.StatusOK
	if answer.Status == "down" {
		status = http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		zerolog.Ctx(r.Context()).Debug().Err(err).Msg("the asker is gone")
	}
}

// templatePatience is how long the starter template may be unreachable before
// it is told: what is new in it counts after seven days only.
const templatePatience = 24 * time.Hour

// readyTimeout is how long the database may take to accept something.
const readyTimeout = 5 * time.Second

func (a *App) readiness(ctx context.Context) readiness {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	stats, err := a.queue.Stats(ctx)
	if err == nil {
		err = a.store.Ping(ctx)
	}
	var since time.Time
	var why string
	var failing bool
	if err == nil {
		since, why, failing, err = a.template.Failing(ctx)
	}
	var reasons []string
	if err == nil {
		reasons, err = a.brakes.reasons(ctx)
	}
	if err != nil {
		zerolog.Ctx(ctx).Error().Err(err).Msg("the database accepts nothing")
		return readiness{Status: "down", Reasons: []string{"the database accepts nothing"}}
	}
	if since, reason, failing := a.github.Health().Failing(); failing {
		reasons = append(reasons, fmt.Sprintf("%s since %s", reason, since.UTC().Format(time.RFC3339)))
	}
	if failing && a.now().Sub(since) > templatePatience {
		reasons = append(reasons, fmt.Sprintf("the starter template cannot be brought up to date since %s: %s", since.UTC().Format(time.RFC3339), why))
	}
	if stats.Held > 0 {
		reasons = append(reasons, fmt.Sprintf("waiting for GitHub: %d", stats.Held))
	}
	if stats.Parked > 0 {
		reasons = append(reasons, fmt.Sprintf("parked after ten failures: %d", stats.Parked))
	}
	reasons = slices.Concat(reasons, a.roles.Problems(), a.webhook.problems(), a.key.problems(), a.client.problems(), a.cookies.problems(), a.tokenProblems())
	if len(reasons) > 0 {
		return readiness{Status: "degraded", Reasons: reasons}
	}
	return readiness{Status: "ok", Reasons: []string{}}
}
