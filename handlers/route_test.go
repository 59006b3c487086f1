package handlers_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/handlers"
)

// acme is an organisation whose teams give roles.
type acme struct{ forgotten []string }

func (*acme) Of(context.Context, onboarding.Person) ([]onboarding.Role, error) { return nil, nil }
func (*acme) Reads(org string) bool                                            { return strings.EqualFold(org, "acme") }
func (a *acme) Forget(org string)                                              { a.forgotten = append(a.forgotten, org) }

// bench is what handlers work with: repository 1 has an onboarding, and installation
// 7 reaches it.
type bench struct {
	t      *testing.T
	store  *store.Store
	roles  acme
	poked  []string
	events map[string]handlers.Handler
	route  func(ctx context.Context, event string, payload []byte) (string, error)
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, events: map[string]handlers.Handler{}}
	var err error
	b.store, err = store.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "test.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.store.Close()) })
	require.NoError(t, b.store.Write(t.Context(), "start", func(ctx context.Context, tx *sql.Tx) error {
		if err := store.SaveRepository(ctx, tx, store.Repository{ID: 1, Installation: 7, OwnerID: 5, Owner: "alice", Name: "x"}); err != nil {
			return err
		}
		return store.SaveOnboarding(ctx, tx, onboarding.Record{Repository: 1, Round: 1, Issue: 3, OwnerID: 5}, 5)
	}))
	list := handlers.All(handlers.Deps{
		Store: b.store, Roles: &b.roles, Pipeline: onboarding.Default(), Now: time.Now,
		Poke: func(_ context.Context, key string) error { b.poked = append(b.poked, key); return nil },
	})
	for _, h := range list {
		for _, event := range h.Handles() {
			b.events[event] = h
		}
	}
	b.route = handlers.Route(list)
	return b
}

const ofAlice = `"repository":{"id":1,"name":"x","owner":{"id":5,"login":"alice","type":"User"}},"installation":{"id":7}`

func TestDeliveriesAreQueuedUnderWhatTheyConcern(t *testing.T) {
	b := newBench(t)
	stranger := strings.Replace(ofAlice, `"id":1`, `"id":2`, 1)
	tests := map[string]struct{ event, payload, key string }{
		"a repository":                             {"repository", `{"action":"archived",` + ofAlice + `}`, "repo/1"},
		"a repository that is not known":           {"repository", `{"action":"archived",` + stranger + `}`, ""},
		"a repository that is made":                {"repository", `{"action":"created",` + ofAlice + `}`, ""},
		"a button on a page":                       {handlers.PageEvent, `{"command":{"Name":"rollback"},` + ofAlice + `}`, "repo/1"},
		"a stage's label":                          {"label", `{"action":"deleted","label":{"name":"Stage:QA"},` + ofAlice + `}`, "repo/1"},
		"a state's label":                          {"label", `{"action":"deleted","label":{"name":"onboarding:held"},` + ofAlice + `}`, "repo/1"},
		"a stage's label that was renamed":         {"label", `{"action":"edited","label":{"name":"mine"},"changes":{"name":{"from":"stage:qa"}},` + ofAlice + `}`, "repo/1"},
		"a stage's label in another colour":        {"label", `{"action":"edited","label":{"name":"stage:qa"},"changes":{"color":{"from":"ffffff"}},` + ofAlice + `}`, ""},
		"another label":                            {"label", `{"action":"deleted","label":{"name":"bug"},` + ofAlice + `}`, ""},
		"an installation that reaches a plugin":    {"installation", `{"action":"suspend","installation":{"id":7,"account":{"id":5,"login":"alice"}}}`, "installation/7"},
		"an installation that reaches none":        {"installation", `{"action":"suspend","installation":{"id":8,"account":{"id":6,"login":"bob"}}}`, ""},
		"a new installation that reaches a plugin": {"installation", `{"action":"created","repositories":[{"id":1,"full_name":"alice/x"}],"installation":{"id":9,"account":{"id":5,"login":"alice"}}}`, "installation/9"},
		"an installation whose teams give roles":   {"installation", `{"action":"created","installation":{"id":9,"account":{"id":6,"login":"Acme"}}}`, "installation/9"},
		"a plugin that is taken away":              {"installation_repositories", `{"action":"removed","repositories_removed":[{"id":1}],"installation":{"id":7,"account":{"id":5}}}`, "installation/7"},
		"another repository that is taken away":    {"installation_repositories", `{"action":"removed","repositories_removed":[{"id":2}],"installation":{"id":7,"account":{"id":5}}}`, ""},
		"a member of a team that gives a role":     {"membership", `{"action":"removed","organization":{"login":"acme"},"installation":{"id":4}}`, "installation/4"},
		"a member of another team":                 {"membership", `{"action":"removed","organization":{"login":"mob"},"installation":{"id":4}}`, ""},
		"a team, whatever repository it names":     {"team", `{"action":"added_to_repository","organization":{"login":"acme"},` + ofAlice + `}`, "installation/7"},
		"no installation":                          {"membership", `{"action":"removed","organization":{"login":"acme"}}`, ""},
		"no repository":                            {"push", `{"ref":"refs/heads/main","installation":{"id":7}}`, ""},
		"an event of another name: a comment":      {"installation", `{"action":"deleted","comment":{"id":1},` + ofAlice + `}`, ""},
		"an event of another name: a repository":   {"installation_repositories", `{"action":"deleted",` + ofAlice + `}`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			key, err := b.route(t.Context(), test.event, []byte(test.payload))
			require.NoError(t, err)
			assert.Equal(t, test.key, key)
		})
	}
}

func TestAnInstallationThatComesBackReachesWhatIsKnown(t *testing.T) {
	b := newBench(t)
	b.handle("installation", `{"action":"created","repositories":[{"id":1,"full_name":"alice/y"},{"id":2,"full_name":"alice/z"}],"installation":{"id":9,"account":{"id":5,"login":"alice"}}}`)
	repository, known, err := b.store.Repository(t.Context(), 1)
	require.NoError(t, err)
	require.True(t, known)
	assert.Equal(t, store.Repository{ID: 1, Installation: 9, OwnerID: 5, Owner: "alice", Name: "y"}, repository)
	_, known, err = b.store.Repository(t.Context(), 2)
	require.NoError(t, err)
	assert.False(t, known)
	assert.Equal(t, []string{"repo/1"}, b.poked)
}

func TestWhatHappensToAnInstallationHasItsRepositoriesLookedAt(t *testing.T) {
	for _, action := range []string{"deleted", "suspend", "unsuspend", "new_permissions_accepted"} {
		t.Run(action, func(t *testing.T) {
			b := newBench(t)
			b.handle("installation", fmt.Sprintf(`{"action":%q,"installation":{"id":7,"account":{"id":5,"login":"alice"}}}`, action))
			assert.Equal(t, []string{"repo/1"}, b.poked)
			assert.Equal(t, []string{"alice"}, b.roles.forgotten)
		})
	}
}

func (b *bench) handle(event, payload string) {
	b.t.Helper()
	require.NoError(b.t, b.events[event].Handle(b.t.Context(), event, "guid", []byte(payload)))
}

// Headers are not signed: a delivery may come under any event's name (S14).
func TestAttackAWideEventOfAnotherNameDoesNothing(t *testing.T) {
	for _, event := range []string{"installation", "installation_repositories", "membership", "team"} {
		t.Run(event, func(t *testing.T) {
			b := newBench(t)
			for _, action := range []string{"deleted", "created", "removed", "suspend", "added"} {
				b.handle(event, fmt.Sprintf(`{"action":%q,"comment":{"id":1},"member":{"id":1},%s}`, action, ofAlice))
			}
			assert.Empty(t, b.poked)
			assert.Empty(t, b.roles.forgotten)
		})
	}
}

// What a handler says of an event at the first sight is what it says after it was read.
func TestWhatShowsBeforeAPayloadIsReadIsTrue(t *testing.T) {
	b := newBench(t)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"", "Thanks!", "/onboard", "Hi\n/OnBoard help", "a/onboard", "/on board", "https://x.test/y", "/onboard "}).Draw(t, "text")
		payload, err := json.Marshal(map[string]any{
			"action":           rapid.SampledFrom([]string{"created", "opened", "edited", "labeled", "unlabeled", "requested", "completed", "rerequested", "requested_action"}).Draw(t, "action"),
			"comment":          map[string]any{"id": 1, "body": text},
			"issue":            map[string]any{"number": 3, "body": text},
			"label":            map[string]any{"name": rapid.SampledFrom([]string{"", "bug", "stage:qa"}).Draw(t, "label")},
			"check_run":        map[string]any{"name": "onboarding/licence"},
			"requested_action": map[string]any{"identifier": "recheck"},
			"sender":           map[string]any{"id": 2, "login": "bob", "type": "User"},
			"repository":       map[string]any{"id": 1, "name": "x"},
			"installation":     map[string]any{"id": 7},
		})
		require.NoError(t, err)
		for event, handler := range b.events {
			skimmer, ok := handler.(handlers.Skimmer)
			if !ok || skimmer.MayConcern(payload) {
				continue
			}
			_, concerns, err := handler.Concerns(b.t.Context(), payload)
			require.NoError(t, err)
			assert.False(t, concerns, "%s %s", event, payload)
		}
	})
}

func TestOthersLabelsOnTheTrackingIssueConcernNobody(t *testing.T) {
	b := newBench(t)
	for label, want := range map[string]string{"bug": "", "stage:qa": "repo/1", "Onboarding:Paused": "repo/1", "": "repo/1"} {
		payload := fmt.Sprintf(`{"action":"unlabeled","label":{"name":%q},"issue":{"number":3},"sender":{"id":2,"type":"User"},%s}`, label, ofAlice)
		key, err := b.route(t.Context(), "issues", []byte(payload))
		require.NoError(t, err)
		assert.Equal(t, want, key, "label %q", label)
	}
}
