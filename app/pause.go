package app

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/onboard-app/onboard/app/store"
)

// askTimeout bounds how long a running App is asked.
const askTimeout = 10 * time.Second

// PauseAll has all replicas publish nothing, within a minute (S23). Where a running
// App has the database for itself, it is asked on server.admin_listen.
func PauseAll(ctx context.Context, config Config, reason string) error {
	return operate(ctx, config, pausePath, url.Values{"reason": {reason}}, func(s *store.Store) error {
		return s.PauseAll(ctx, reason, time.Now())
	})
}

// ResumeAll ends what PauseAll began.
func ResumeAll(ctx context.Context, config Config) error {
	return operate(ctx, config, resumePath, nil, func(s *store.Store) error {
		_, err := s.ResumeAll(ctx)
		return err
	})
}

func operate(ctx context.Context, config Config, path string, form url.Values, do func(*store.Store) error) error {
	s, err := store.Open(ctx, config.Database.location())
	if errors.Is(err, store.ErrInUse) {
		return askRunning(ctx, config.Server.AdminListen, path, form)
	}
	if err != nil {
		return err
	}
	return errors.Join(do(s), s.Close())
}

// askRunning asks the App that listens at an address.
func askRunning(ctx context.Context, address, path string, form url.Values) error {
	_, err := ask(ctx, address, path, form)
	return err
}
