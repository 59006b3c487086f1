package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/ghapi"
)

// Replayed is a delivery that a running App took again.
type Replayed struct {
	Event string
	GUID  string // a new one: by the old one it would be known and not handled again
}

// Replay has the App that listens on server.listen take a delivery again: what names
// a file with a payload, as GitHub's page of recent deliveries shows it, or the GUID
// of a delivery of the last three days, which GitHub still keeps. Of a file the event
// must be given; of a GUID it is known. Decisions are keyed by what GitHub signs in
// the payload, so that nothing counts twice (S14).
func Replay(ctx context.Context, config Config, what, event string) (Replayed, error) {
	payload, err := readBounded(what)
	switch {
	case err == nil && event == "":
		return Replayed{}, errors.New("say with --event what the file is about, as issue_comment: GitHub tells it beside the payload")
	case errors.Is(err, fs.ErrNotExist):
		payload, event, err = delivered(ctx, config, what)
	}
	if err != nil {
		return Replayed{}, err
	}
	replayed := Replayed{Event: event, GUID: "replay-" + strings.ToLower(rand.Text())}
	return replayed, deliver(ctx, config, replayed, payload)
}

// readBounded reads a file that is no larger than a delivery may be (S17).
func readBounded(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(f, maxDelivery+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if len(content) > maxDelivery {
		return nil, fmt.Errorf("%s is larger than 25 MiB: GitHub delivers nothing like that", file)
	}
	return content, nil
}

// delivered reads from GitHub what it delivered under a GUID.
func delivered(ctx context.Context, config Config, guid string) (payload []byte, event string, err error) {
	clients, err := ghapi.New(ghapi.Options{
		Config: config.githubapp(), UserAgent: userAgent(), Burst: config.Writes.Burst, PerSecond: config.Writes.PerSecond,
	})
	if err != nil {
		return nil, "", err
	}
	list, err := clients.Deliveries(ctx, time.Now().Add(-ghapi.Recoverable))
	if err != nil {
		return nil, "", err
	}
	i := slices.IndexFunc(list, func(d ghapi.Delivery) bool { return d.GUID == guid })
	if i < 0 {
		return nil, "", fmt.Errorf("%s is no file, and no delivery of the last three days: GitHub keeps no older ones", guid)
	}
	payload, err = clients.Payload(ctx, list[i])
	if err == nil && payload == nil {
		err = fmt.Errorf("GitHub does not keep what it delivered as %s", guid)
	}
	return payload, list[i].Event, err
}

// deliver sends a payload to the running App, signed as GitHub signs.
func deliver(ctx context.Context, config Config, replayed Replayed, payload []byte) error {
	secrets := config.GitHub.App.WebhookSecret.lines()
	if len(secrets) == 0 {
		return config.Missing()
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+config.Server.Listen+HookPath, bytes.NewReader(payload))
	if err != nil {
		return fmt.Errorf("deliver to the running App: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-GitHub-Event", replayed.Event)
	request.Header.Set("X-GitHub-Delivery", replayed.GUID)
	request.Header.Set(signature, signatureOf(secrets[0], payload))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("deliver to the running App on server.listen: %w", err)
	}
	said, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return fmt.Errorf("deliver to the running App on server.listen: %w", err)
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("the running App on server.listen %s answers %s: %s", config.Server.Listen, response.Status, bytes.TrimSpace(said))
	}
	return nil
}
