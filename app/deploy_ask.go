package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/deploy"
	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/queue"
	"github.com/onboard-app/onboard/app/store"
)

// awaitPause is between two looks at the record, and awaitStart how long a process
// that deploys may take to begin.
const (
	awaitPause = 300 * time.Millisecond
	awaitStart = 30 * time.Second
)

// errNobody says that no process does what is wanted.
var errNobody = errors.New("no process deploys: it is on record, and is done as soon as one runs with `onboard serve`, or with the role deploy")

// awaitDeployed waits until another process has dealt with a wish.
func awaitDeployed(ctx context.Context, s *store.Store, target, plugin string, wish int64) (deploy.Result, error) {
	began := time.Now()
	for {
		row, _, err := s.Deployment(ctx, target, plugin)
		if err != nil {
			return deploy.Result{}, err
		}
		standing, err := deploy.Read(row)
		if err != nil || standing.Result.Wish >= wish {
			return standing.Result, err
		}
		busy, err := queue.Running(ctx, s, deploy.Key(target, plugin))
		switch {
		case err != nil:
			return deploy.Result{}, err
		case !busy && time.Since(began) > awaitStart:
			return deploy.Result{}, errNobody
		}
		select {
		case <-ctx.Done():
			return deploy.Result{}, ctx.Err()
		case <-time.After(awaitPause):
		}
	}
}

// haveDeployed asks the App that has the database, and waits for it.
func (c Config) haveDeployed(ctx context.Context, b mattermost.Bundle, order Deployment) (r deploy.Result, err error) {
	form := url.Values{
		"target": {order.Target}, "sha256": {b.SHA256}, "take_over": {strconv.FormatBool(order.TakeOver)}, "again": {strconv.FormatBool(order.Again)},
	}
	answer, err := ask(ctx, c.Server.AdminListen, deployPath, form)
	if err != nil {
		return r, err
	}
	var said struct{ Wish int64 }
	if err := json.Unmarshal(answer, &said); err != nil {
		return r, fmt.Errorf("read the running App's answer: %w", err)
	}
	s, err := store.OpenToRead(ctx, c.Database.location())
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return awaitDeployed(ctx, s, order.Target, b.Plugin, said.Wish)
}

// takeOrder answers `onboard deploy`, which has put the bundle into bundles.dir.
func (a *App) takeOrder(w http.ResponseWriter, r *http.Request) {
	order := Deployment{Target: r.FormValue("target"), TakeOver: r.FormValue("take_over") == "true", Again: r.FormValue("again") == "true"}
	wish, err := a.order(r.Context(), order, r.FormValue("sha256"))
	if refused := (*UndeployableError)(nil); errors.As(err, &refused) {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	if err != nil {
		a.done(w, r, err, "")
		return
	}
	zerolog.Ctx(r.Context()).Info().Str("target", order.Target).Msg("a deployment is wanted, as an operator asked")
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(map[string]int64{"wish": wish}); err != nil {
		zerolog.Ctx(r.Context()).Debug().Err(err).Msg("the asker is gone")
	}
}

func (a *App) order(ctx context.Context, order Deployment, sha256 string) (wish int64, err error) {
	if a.deployments == nil {
		return 0, &UndeployableError{errors.New("this process does not have the role deploy")}
	}
	if _, ok := a.deployments.Targets[order.Target]; !ok {
		return 0, &UndeployableError{fmt.Errorf("the running App has no target %q", order.Target)}
	}
	b, err := a.deployments.Kept(ctx, sha256)
	if err != nil {
		return 0, &UndeployableError{fmt.Errorf("the running App cannot use the bundle; bundles.dir must be the same folder for both: %w", err)}
	}
	if wish, err = wantDeployed(ctx, a.store, b, order, a.now()); err == nil {
		a.queue.Wake()
	}
	return wish, err
}

// maxAsked bounds what a running App answers, in bytes.
const maxAsked = 64 << 10

// ask asks the App that listens at an address, and returns its answer.
func ask(ctx context.Context, address, path string, form url.Values) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("ask the running App: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask the running App on server.admin_listen: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAsked))
	switch {
	case err != nil:
		return nil, fmt.Errorf("ask the running App on server.admin_listen: %w", err)
	case response.StatusCode == http.StatusConflict:
		return nil, &UndeployableError{errors.New(strings.TrimSpace(string(answer)))}
	case response.StatusCode/100 != 2:
		return nil, fmt.Errorf("ask the running App on server.admin_listen %s: it answers %s", address, response.Status)
	}
	return answer, nil
}
