package app_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/store"
)

// examples are GitHub's example payloads, as `make payloads` takes them.
const examples = "../.payloads/package/api.github.com/index.json"

type object = map[string]any

// payload is an example payload of an event.
type payload struct {
	event string
	body  object
}

func examplePayloads(t *testing.T) []payload {
	t.Helper()
	data, err := os.ReadFile(examples)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("there are no example payloads: make payloads takes them")
	}
	require.NoError(t, err)
	var events []struct {
		Name     string
		Examples []object
	}
	require.NoError(t, json.Unmarshal(data, &events))
	var list []payload
	for _, e := range events {
		for _, body := range e.Examples {
			list = append(list, payload{e.Name, body})
		}
	}
	require.Len(t, list, 329)
	return list
}

func TestGitHubsExamplePayloadsAreTaken(t *testing.T) {
	w := newWorld(t)
	w.deliverAll(examplePayloads(t))
	assert.Zero(t, w.stored(), "they concern nobody")
}

// The same payloads, about a plugin under review: each handler has something to
// do, and strangers' deeds decide nothing.
func TestGitHubsExamplePayloadsAreHandled(t *testing.T) {
	list := examplePayloads(t)
	w, _ := underReview(t)
	before, stored := w.record(), w.stored()
	pull := w.ReviewPR()
	for _, p := range list {
		w.concern(p.body, pull.Number)
	}
	w.deliverAll(list)
	assert.Greater(t, w.stored(), stored+50, "many of them are somebody's concern")

	after := w.record()
	assert.Equal(t, before.Decisions, after.Decisions)
	assert.Equal(t, before.Opened, after.Opened)
	assert.Equal(t, before.OwnerID, after.OwnerID)
	assert.Nil(t, after.Held, "what they say of the repository is not true")
	assert.False(t, after.Ended())
	assert.Equal(t, "open", pull.State())
}

// concern makes a payload one of the plugin's.
func (w *world) concern(body object, pull int) {
	set := func(in any, values object) {
		if in, ok := in.(object); ok {
			for name, value := range values {
				in[name] = value
			}
		}
	}
	if body["installation"] == nil {
		body["installation"] = object{}
	}
	set(body["installation"], object{"id": w.installation().ID})
	owner, name, _ := strings.Cut(w.Plugin.FullName(), "/")
	is := object{"id": w.Plugin.ID, "name": name, "full_name": w.Plugin.FullName()}
	for _, list := range []string{"repositories", "repositories_added", "repositories_removed"} {
		if rows, ok := body[list].([]any); ok {
			for _, row := range rows {
				set(row, is)
			}
		}
	}
	set(body["repository"], is)
	if repository, ok := body["repository"].(object); ok {
		set(repository["owner"], object{"id": w.Alice.ID, "login": owner})
	}
	set(body["issue"], object{"number": w.Issue.Number})
	set(body["pull_request"], object{"number": pull})
	set(body["comment"], object{"body": "/onboard status\n/onboard approve qa"})
	set(body["label"], object{"name": "stage:qa"})
	if body["number"] != nil {
		body["number"] = pull
	}
}

// deliverAll delivers payloads, and checks that all were taken and handled.
func (w *world) deliverAll(list []payload) {
	w.t.Helper()
	before := len(w.GitHub.Deliveries())
	for i, p := range list {
		body, err := json.Marshal(p.body)
		require.NoError(w.t, err)
		w.GitHub.Deliver(p.event, fmt.Sprintf("00000000-0000-4000-8000-%012d", i), body)
	}
	w.calm()
	for _, d := range w.GitHub.Deliveries()[before:] {
		assert.Equal(w.t, 202, d.StatusCode, "%s %s: %s", d.Event, d.Action, d.Answer)
	}
	s, err := store.OpenToRead(w.t.Context(), w.config.Database.URL)
	require.NoError(w.t, err)
	defer func() { require.NoError(w.t, s.Close()) }()
	rows, err := s.Read().QueryContext(w.t.Context(), `
		SELECT event, last_error FROM delivery WHERE last_error <> '' OR handled_at IS NULL
		UNION SELECT key, last_error FROM work WHERE last_error <> ''`)
	require.NoError(w.t, err)
	defer func() { require.NoError(w.t, rows.Close()) }()
	for rows.Next() {
		var what, problem string
		require.NoError(w.t, rows.Scan(&what, &problem))
		assert.Fail(w.t, what, problem)
	}
	require.NoError(w.t, rows.Err())
}
