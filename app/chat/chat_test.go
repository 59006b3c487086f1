package chat_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/chat"
	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/mattermost/standin"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/store/storetest"
)

const channel = "c4yjx6n7bibzpqc6h8w8gq6cfh"

// world is a channel, and what is to be said in it.
type world struct {
	*testing.T
	*chat.Channel
	server *standin.Server
	keeper *chat.Keeper
	ahead  time.Duration // of the App's clock
	asked  int           // how often the key was to be run
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t}
	s, err := store.Open(t.Context(), storetest.URL(t))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	w.server, err = standin.New(standin.Options{Token: "right", Channels: []string{channel}})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, w.server.Close()) })
	now := func() time.Time { return time.Now().Add(w.ahead) }
	w.keeper = &chat.Keeper{Store: s, Now: now, All: true, Run: func(context.Context, *sql.Tx, string, time.Time) error { w.asked++; return nil }}
	server, err := mattermost.New(mattermost.Options{Name: "chat", URL: w.server.URL(), Token: func() string { return "right" }, CallTime: 5 * time.Second})
	require.NoError(t, err)
	w.Channel = (&chat.Channel{Store: s, Server: server, ID: channel, Now: now}).Open()
	return w
}

// keep has things said about repository 7, of a moment ago.
func (w *world) keep(post string, notices ...string) {
	w.Helper()
	var list []store.Notice
	for i, n := range notices {
		list = append(list, store.Notice{Name: n, At: time.Now().Add(time.Duration(i) * time.Second), Text: n})
	}
	require.NoError(w, w.keeper.Keep(w.Context(), 7, post, list))
}

func (w *world) look() time.Time {
	w.Helper()
	next, err := w.Look(w.Context(), chat.Key(7, ""))
	require.NoError(w, err)
	return next
}

// said is what is in the channel: the post, and then its thread.
func (w *world) said() (list []string) {
	root := ""
	for _, p := range w.server.Posts() {
		switch p.Root {
		case "":
			root = p.ID
			list = append(list, p.Text)
		case root:
			list = append(list, "> "+p.Text)
		default:
			list = append(list, "elsewhere "+p.Text)
		}
	}
	return list
}

func TestOnePostIsEditedAndItsNewsAreInTheThread(t *testing.T) {
	w := newWorld(t)
	w.keep("at the start", "started")
	assert.Zero(t, w.look())
	w.keep("at the gate", "started", "gate")
	w.keep("at the gate", "started", "gate")
	assert.Zero(t, w.look())
	assert.Equal(t, []string{"at the gate", "> started", "> gate"}, w.said())
	assert.Equal(t, 1, w.server.Posts()[0].Edited)
	asked, calls := w.asked, len(w.server.Calls())
	w.keep("at the gate", "started", "gate")
	assert.Equal(t, asked, w.asked, "all was said")
	assert.Zero(t, w.look())
	assert.Len(t, w.server.Calls(), calls)
}

func TestTheChannelOfATargetHearsOnceWhatIsAboutItAlone(t *testing.T) {
	w := newWorld(t)
	w.keeper.Targets = []string{"community"}
	w.Target = "community"
	look := func() {
		t.Helper()
		next, err := w.Look(t.Context(), chat.Key(7, "community"))
		require.NoError(t, err)
		assert.Zero(t, next)
	}
	notices := []store.Notice{
		{Name: "started", At: time.Now(), Text: "started"},
		{Name: "deployed", Target: "community", At: time.Now(), Text: "runs"},
		{Name: "deployed elsewhere", Target: "ci-extensions", At: time.Now(), Text: "runs elsewhere"},
	}
	require.NoError(t, w.keeper.Keep(t.Context(), 7, "stands here", notices))
	assert.Equal(t, 2, w.asked)
	look()
	require.NoError(t, w.keeper.Keep(t.Context(), 7, "stands here", notices))
	look()
	posts := w.server.Posts()
	require.Len(t, posts, 1)
	assert.Equal(t, "runs", posts[0].Text)
	assert.Empty(t, posts[0].Root)
	w.Target = ""
	w.look()
	assert.Len(t, w.server.Posts(), 5, "that of all hears all")
	for key, target := range map[string]string{chat.Key(7, "community"): "community", chat.Key(7, ""): ""} {
		assert.Equal(t, target, chat.TargetOf(key))
	}
}

func TestATargetsChannelNeedsNoneOfAll(t *testing.T) {
	w := newWorld(t)
	w.keeper.All, w.keeper.Targets = false, []string{"community"}
	require.NoError(t, w.keeper.Keep(t.Context(), 7, "stands here", []store.Notice{
		{Name: "started", At: time.Now(), Text: "started"}, {Name: "deployed", Target: "community", At: time.Now(), Text: "runs"},
	}))
	assert.Equal(t, 1, w.asked)
	w.look()
	assert.Empty(t, w.server.Posts())
}

func TestWhoTurnsChatOnIsNotToldTheHistory(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.keeper.Keep(t.Context(), 7, "stands here", []store.Notice{
		{Name: "old", At: time.Now().Add(-48 * time.Hour), Text: "old"}, {Name: "new", At: time.Now(), Text: "new"},
	}))
	w.look()
	assert.Equal(t, []string{"stands here", "> new"}, w.said())
}

// TestEachThingIsSaidOnceWhateverFails has each call fail once, in each way.
func TestEachThingIsSaidOnceWhateverFails(t *testing.T) {
	for name, fault := range map[string]standin.Fault{
		"503": {Status: 503}, "a page": {Status: 200, Body: "<html>"}, "cut before": {Cut: standin.CutBefore}, "done, answer lost": {Cut: standin.CutAfter},
	} {
		for call := range 5 { // the post, two notices, the edit, a notice
			t.Run(fmt.Sprintf("%s, call %d", name, call), func(t *testing.T) {
				w := newWorld(t)
				fault.Skip, fault.Times = call, 1
				w.server.Inject(fault)
				w.keep("first", "a", "b")
				for next := w.look(); !next.IsZero(); next = w.look() {
					w.ahead += 2 * time.Hour
				}
				w.ahead = 0
				w.keep("second", "a", "b", "c")
				for next := w.look(); !next.IsZero(); next = w.look() {
					w.ahead += 2 * time.Hour
				}
				assert.Equal(t, []string{"second", "> a", "> b", "> c"}, w.said())
			})
		}
	}
}

func TestAPostThatWasDeletedIsMadeAnew(t *testing.T) {
	w := newWorld(t)
	w.keep("first", "a")
	w.look()
	w.server.DeletePost(w.server.Posts()[0].ID)
	w.keep("second")
	assert.Zero(t, w.look())
	assert.Equal(t, []string{"second"}, w.said())
	w.server.DeletePost(w.server.Posts()[0].ID)
	w.keep("second", "b")
	assert.NotZero(t, w.look(), "the thread is gone")
	assert.Zero(t, w.look())
	assert.Equal(t, []string{"second", "> b"}, w.said())
}

func TestMuchIsSaidSlowly(t *testing.T) {
	w := newWorld(t)
	var many []string
	for i := range 30 {
		many = append(many, fmt.Sprintf("notice %02d", i))
	}
	w.keep("post", many...)
	next := w.look()
	assert.InDelta(t, time.Minute.Seconds(), time.Until(next).Seconds(), 5)
	assert.Len(t, w.said(), 11)
	next = w.look()
	assert.Positive(t, time.Until(next))
	assert.LessOrEqual(t, len(w.said()), 21, "and the whole channel gets no more than one a second")
}

func TestNothingIsSaidThatCannotBe(t *testing.T) {
	w := newWorld(t)
	w.server.SetToken("another")
	w.keep("post", "a")
	assert.InDelta(t, time.Hour.Seconds(), time.Until(w.look()).Seconds(), 5)
	w.server.SetToken("right")
	assert.Zero(t, w.look())
	assert.Equal(t, []string{"post", "> a"}, w.said())
}

func TestAWebhookSaysTheNewsOnly(t *testing.T) {
	w := newWorld(t)
	w.server.AddHook(standin.Hook{ID: "e1s6ncbtgbd1znddhim931sgke", Channel: "town-square"})
	w.ID, w.Hook = "", func() string { return w.server.URL() + "/hooks/e1s6ncbtgbd1znddhim931sgke" }
	w.keep("post", "a", "b")
	assert.Zero(t, w.look())
	assert.Equal(t, []string{"a", "b"}, w.said())
	asked := w.asked
	w.keep("post", "a", "b")
	assert.Equal(t, asked, w.asked)
}

func TestTheDigestIsSaidOnceABusinessDay(t *testing.T) {
	w := newWorld(t)
	thursday := time.Date(2026, 12, 3, 7, 0, 0, 0, time.UTC)
	w.ahead = time.Until(thursday)
	require.NoError(t, w.Store.Write(t.Context(), "an onboarding", func(ctx context.Context, tx *sql.Tx) error {
		if err := store.SaveRepository(ctx, tx, store.Repository{ID: 7, Installation: 1, OwnerID: 9, Owner: "octo", Name: "hello"}); err != nil {
			return err
		}
		record := onboarding.Record{Repository: 7, Round: 1, Issue: 12, AcceptedAt: thursday, Asked: map[string][]onboarding.Request{"qa": {{Person: onboarding.Person{ID: 1, Login: "quinn"}}}}}
		if err := store.SaveOnboarding(ctx, tx, record, 9); err != nil {
			return err
		}
		if err := store.SaveTurn(ctx, tx, 7, 1, "licence", onboarding.Author, thursday); err != nil {
			return err
		}
		return store.SaveTurn(ctx, tx, 7, 1, "qa", onboarding.Party(onboarding.QA), thursday)
	}))
	d := &chat.Digest{Keeper: w.keeper, At: 8 * time.Hour, Names: map[string]string{"quinn": "quinn.q"}, WebURL: "https://github.com"}
	look := func() time.Time {
		next, err := d.Look(t.Context())
		require.NoError(t, err)
		_, err = w.Look(t.Context(), chat.Key(0, ""))
		require.NoError(t, err)
		return next
	}
	assert.Equal(t, thursday.Add(time.Hour), look())
	assert.Empty(t, w.said())
	w.ahead += 90 * time.Minute
	assert.Equal(t, thursday.Add(25*time.Hour), look())
	look()
	require.Len(t, w.said(), 1, "once a day")
	assert.True(t, strings.HasPrefix(w.said()[0], "#### What waits today\n- @quinn.q: [octo/hello#12](https://github.com/octo/hello/issues/12) qa since 2026-12-03\n"), w.said()[0])
	w.ahead += 48 * time.Hour // Saturday
	look()
	assert.Len(t, w.said(), 1)
	w.ahead += 48 * time.Hour
	look()
	assert.Len(t, w.said(), 2)
}
