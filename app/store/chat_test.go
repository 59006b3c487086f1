package store_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/store"
)

func TestEachNoticeIsKeptOnceAndSentOnce(t *testing.T) {
	s, _ := openTemp(t)
	ctx := t.Context()
	now := time.UnixMilli(evening.UnixMilli())
	save := func(text string, notices ...store.Notice) (open []string) {
		require.NoError(t, s.Write(ctx, "save", func(ctx context.Context, tx *sql.Tx) (err error) {
			open, err = store.SaveChat(ctx, tx, 7, text, notices, now, now.Add(-time.Hour))
			return err
		}))
		return open
	}
	_, none, err := s.Chat(ctx, 7, "", 10)
	require.NoError(t, err)
	assert.Empty(t, none)

	old := store.Notice{Name: "old", At: now.Add(-2 * time.Hour), Text: "long ago"}
	first, second := store.Notice{Name: "first", At: now.Add(-2 * time.Minute), Text: "1"}, store.Notice{Name: "second", At: now.Add(-time.Minute), Text: "2"}
	assert.Equal(t, []string{""}, save("stands here", second, old, first))
	second.Text = "said otherwise by now"
	assert.Equal(t, []string{""}, save("stands there", second))
	second.Text = "2"
	post, notices, err := s.Chat(ctx, 7, "", 10)
	require.NoError(t, err)
	assert.Equal(t, store.ChatPost{Text: "stands there"}, post)
	assert.Equal(t, []store.Notice{first, second}, notices, "what is old is not told")

	require.NoError(t, s.ChatPostTried(ctx, 7, now))
	require.NoError(t, s.ChatPostShown(ctx, 7, "abc", "stands there"))
	require.NoError(t, s.NoticeTried(ctx, 7, "first", now))
	require.NoError(t, s.NoticeSent(ctx, 7, "first", now))
	require.NoError(t, s.NoticeTried(ctx, 7, "second", now))
	second.Tried = now
	post, notices, err = s.Chat(ctx, 7, "", 10)
	require.NoError(t, err)
	assert.Equal(t, store.ChatPost{Text: "stands there", Shown: "stands there", Post: "abc", Tried: now}, post)
	assert.Equal(t, []store.Notice{second}, notices)
	assert.Equal(t, []string{""}, save("stands there"))
	require.NoError(t, s.NoticeSent(ctx, 7, "second", now))
	assert.Empty(t, save("stands there", first, second, old), "all was said")
	assert.Equal(t, []string{""}, save("stands elsewhere"))

	third := store.Notice{Name: "third", Target: "community", At: now, Text: "3"}
	assert.Equal(t, []string{"", "community"}, save("stands elsewhere", third))
	post, notices, err = s.Chat(ctx, 7, "community", 10)
	require.NoError(t, err)
	assert.Zero(t, post)
	assert.Equal(t, []store.Notice{third}, notices)
	_, notices, err = s.Chat(ctx, 7, "", 10)
	require.NoError(t, err)
	assert.Empty(t, notices)
}
