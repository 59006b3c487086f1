package mattermost_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/mattermost/standin"
)

const channel = "c4yjx6n7bibzpqc6h8w8gq6cfh"

func inChannel(o *standin.Options) { o.Channels = []string{channel} }

func TestAPostIsMadeEditedAndFoundAgain(t *testing.T) {
	w := newWorld(t, inChannel)
	began := time.Now()
	id, err := w.target.Say(t.Context(), mattermost.Message{Channel: channel, Name: "repo/7", Text: "first"})
	require.NoError(t, err)
	reply, err := w.target.Say(t.Context(), mattermost.Message{Channel: channel, Root: id, Name: "repo/7/started", Text: "It began."})
	require.NoError(t, err)
	gone, err := w.target.Edit(t.Context(), id, "second")
	require.NoError(t, err)
	assert.False(t, gone)
	posts := w.Posts()
	require.Len(t, posts, 2)
	assert.Equal(t, []string{"second", "It began."}, []string{posts[0].Text, posts[1].Text})
	assert.Equal(t, id, posts[1].Root)

	found, err := w.target.Find(t.Context(), channel, "repo/7/started", began)
	require.NoError(t, err)
	assert.Equal(t, reply, found)
	found, err = w.target.Find(t.Context(), channel, "repo/8", began)
	require.NoError(t, err)
	assert.Empty(t, found)

	w.DeletePost(id)
	gone, err = w.target.Edit(t.Context(), id, "third")
	require.NoError(t, err)
	assert.True(t, gone)
	_, err = w.target.Say(t.Context(), mattermost.Message{Channel: channel, Root: id, Name: "x", Text: "It goes on."})
	assert.Equal(t, mattermost.Refused, mattermost.ReasonOf(err))
}

func TestWhereNobodyMayPost(t *testing.T) {
	w := newWorld(t)
	_, err := w.target.Say(t.Context(), mattermost.Message{Channel: channel, Name: "x", Text: "y"})
	assert.Equal(t, mattermost.NoChannel, mattermost.ReasonOf(err))
	require.ErrorContains(t, err, "there is no such channel, or the token's account may not post there")
}

func TestAPostThatIsTooLongIsCut(t *testing.T) {
	w := newWorld(t, inChannel)
	_, err := w.target.Say(t.Context(), mattermost.Message{Channel: channel, Name: "x", Text: strings.Repeat("ü", 20000)})
	require.NoError(t, err)
	assert.Len(t, []rune(w.Posts()[0].Text), 16383)
}

func TestAWebhookPosts(t *testing.T) {
	w := newWorld(t)
	w.AddHook(standin.Hook{ID: "e1s6ncbtgbd1znddhim931sgke", Channel: "town-square"})
	url := w.URL() + "/hooks/e1s6ncbtgbd1znddhim931sgke"
	require.NoError(t, w.target.Hook(t.Context(), url, "It began."))
	assert.Equal(t, "It began.", w.Posts()[0].Text)
	assert.Equal(t, mattermost.Refused, mattermost.ReasonOf(w.target.Hook(t.Context(), w.URL()+"/hooks/aaaaaaaaaaaaaaaaaaaaaaaaaa", "x")))
	assert.Equal(t, mattermost.Refused, mattermost.ReasonOf(w.target.Hook(t.Context(), url, "")))
}

// TestAttackAWebhooksURLIsInNoError: who knows it may post (S20).
func TestAttackAWebhooksURLIsInNoError(t *testing.T) {
	w := newWorld(t)
	const secret = "e1s6ncbtgbd1znddhim931sgke"
	for _, fault := range []standin.Fault{{Cut: standin.CutBefore}, {Status: 500, Body: secret}, {Status: 400, Body: `{"id": "` + secret + `!"}`}, {Status: 200, Body: "<html>" + secret}, {Status: 302}} {
		remove := w.Inject(fault)
		err := w.target.Hook(t.Context(), w.URL()+"/hooks/"+secret, "x")
		remove()
		require.Error(t, err)
		assert.NotContains(t, fmt.Sprintf("%+v", err), secret)
	}
	err := w.target.Hook(t.Context(), "http://127.0.0.1:1\x7f/hooks/"+secret, "x")
	require.Error(t, err)
	assert.NotContains(t, err.Error(), secret)
}
