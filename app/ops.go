package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/queue"
)

// The paths that operators and `onboard pause` use, on server.admin_listen only.
const (
	opsPath    = "/ops"
	retryPath  = opsPath + "/retry"
	pausePath  = opsPath + "/pause"
	resumePath = opsPath + "/resume"
)

// ops is what GET /ops answers.
type ops struct {
	Mode    string          `json:"mode"`
	Reasons []string        `json:"reasons"` // as /readyz has them
	Keys    map[string]int  `json:"keys"`    // by state
	Oldest  float64         `json:"oldest_seconds"`
	Parked  []queue.Trouble `json:"parked"`
	Trying  []queue.Trouble `json:"retrying"`
	GivenUp []queue.GivenUp `json:"deliveries_parked"`
	Held    []heldBy        `json:"installations_held"`
	Waiting int             `json:"deliveries_waiting"`
	Posts   int             `json:"posts_last_hour"`
}

// heldBy is an installation for which GitHub is unavailable; 0 is the App itself,
// and what is on record of none.
type heldBy struct {
	Installation int64    `json:"installation"`
	Keys         []string `json:"keys"`
	LastError    string   `json:"last_error"` // of the last of the keys
}

func (a *App) opsRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET "+opsPath, a.answerOps)
	mux.HandleFunc("POST "+retryPath, func(w http.ResponseWriter, r *http.Request) {
		key := r.FormValue("key")
		known, err := a.queue.Retry(r.Context(), key)
		if err == nil && !known {
			http.Error(w, fmt.Sprintf("There is no key %q.", key), http.StatusNotFound)
			return
		}
		a.done(w, r, err, "tried again, as an operator asked: "+key)
	})
	mux.HandleFunc("POST "+pausePath, func(w http.ResponseWriter, r *http.Request) {
		a.done(w, r, a.store.PauseAll(r.Context(), r.FormValue("reason"), a.now()), "all is paused, as an operator asked")
	})
	mux.HandleFunc("POST "+resumePath, func(w http.ResponseWriter, r *http.Request) {
		_, err := a.store.ResumeAll(r.Context())
		a.done(w, r, err, "all is resumed, as an operator asked")
	})
}

// done answers what an operator asked for, and logs it.
func (a *App) done(w http.ResponseWriter, r *http.Request, err error, what string) {
	log := zerolog.Ctx(r.Context())
	if err != nil {
		log.Error().Err(err).Msg("could not do what an operator asked")
		http.Error(w, "The database accepts nothing.", http.StatusInternalServerError)
		return
	}
	log.Info().Str("path", r.URL.Path).Msg(what)
	w.WriteHeader(http.StatusNoContent)
}

func (a *App) answerOps(w http.ResponseWriter, r *http.Request) {
	answer, err := a.ops(r.Context())
	if err != nil {
		zerolog.Ctx(r.Context()).Error().Err(err).Msg("could not tell how the queue stands")
		http.Error(w, "The database answers nothing.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		zerolog.Ctx(r.Context()).Debug().Err(err).Msg("the asker is gone")
	}
}

func (a *App) ops(ctx context.Context) (ops, error) {
	o := ops{Mode: a.config.Mode, Reasons: a.readiness(ctx).Reasons, Parked: []queue.Trouble{}, Trying: []queue.Trouble{}, Held: []heldBy{}}
	stats, err := a.queue.Stats(ctx)
	if err != nil {
		return ops{}, err
	}
	o.Keys = map[string]int{
		"idle": stats.Idle, "waiting": stats.Waiting, "running": stats.Running, "retrying": stats.Retrying, "parked": stats.Parked,
	}
	o.Oldest, o.Waiting = stats.OldestWaiting.Seconds(), stats.Unhandled-stats.ParkedDeliveries
	if o.Posts, _, _, err = a.store.Posts(ctx, a.now()); err != nil {
		return ops{}, err
	}
	if o.GivenUp, err = a.queue.GivenUps(ctx); err != nil {
		return ops{}, err
	}
	troubles, err := a.queue.Troubles(ctx)
	for _, t := range troubles {
		switch {
		case err != nil:
		case t.State == "parked":
			o.Parked = append(o.Parked, t)
		case t.Held > 0:
			err = o.hold(ctx, a, t)
		default:
			o.Trying = append(o.Trying, t)
		}
	}
	return o, err
}

// hold adds a key that GitHub's unavailability holds to its installation.
func (o *ops) hold(ctx context.Context, a *App, t queue.Trouble) error {
	installation, err := a.installationOf(ctx, t.Key)
	if err != nil {
		return err
	}
	for i := range o.Held {
		if o.Held[i].Installation == installation {
			o.Held[i].Keys, o.Held[i].LastError = append(o.Held[i].Keys, t.Key), t.LastError
			return nil
		}
	}
	o.Held = append(o.Held, heldBy{Installation: installation, Keys: []string{t.Key}, LastError: t.LastError})
	return nil
}

// installationOf is the installation that a key is about; 0 if it is about none.
func (a *App) installationOf(ctx context.Context, key string) (int64, error) {
	if id, ok := idOf(key, installationKey); ok {
		return id, nil
	}
	id, ok := idOf(key, repositoryKey)
	if !ok {
		return 0, nil
	}
	repository, _, err := a.store.Repository(ctx, id)
	return repository.Installation, err
}
