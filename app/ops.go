package app

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/rs/zerolog"
)

// The paths that operators and `onboard pause` use, on server.admin_listen only.
const (
	opsPath    = "/ops"
	retryPath  = opsPath + "/retry"
	pausePath  = opsPath + "/pause"
	resumePath = opsPath + "/resume"
	deployPath = opsPath + "/deploy"
)

func (a *App) opsRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET "+opsPath, a.answerOps)
	mux.HandleFunc("POST "+retryPath, func(w http.ResponseWriter, r *http.Request) {
		key := r.FormValue("key")
		known, err := operator{a}.Retry(r.Context(), key)
		if err == nil && !known {
			http.Error(w, fmt.Sprintf("There is no key %q.", key), http.StatusNotFound)
			return
		}
		a.done(w, r, err, "tried again, as an operator asked: "+key)
	})
	mux.HandleFunc("POST "+deployPath, a.takeOrder)
	mux.HandleFunc("POST "+pausePath, func(w http.ResponseWriter, r *http.Request) {
		a.done(w, r, operator{a}.PauseAll(r.Context(), r.FormValue("reason")), "all is paused, as an operator asked")
	})
	mux.HandleFunc("POST "+resumePath, func(w http.ResponseWriter, r *http.Request) {
		a.done(w, r, operator{a}.ResumeAll(r.Context()), "all is resumed, as an operator asked")
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
	answer, err := operator{a}.Ops(r.Context())
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
