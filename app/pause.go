package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
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
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+path, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("ask the running App: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("ask the running App on server.admin_listen: %w", err)
	}
	_ = response.Body.Close() // nothing of it is read
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("ask the running App on server.admin_listen %s: it answers %s", address, response.Status)
	}
	return nil
}
