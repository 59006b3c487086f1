package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/store"
)

func TestATemplateIsKeptWithItsIndex(t *testing.T) {
	s, _ := openTemp(t)
	const name = "example/starter"
	state, index, err := s.Template(t.Context(), name)
	require.NoError(t, err)
	assert.Equal(t, store.Template{}, state)
	assert.Nil(t, index)

	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	state.ListedAt, state.Pending = at, []store.TemplateCommit{{SHA: "a", Tree: "b", Date: at, Seen: at}, {SHA: "c"}}
	state.Revision, err = s.SaveTemplate(t.Context(), name, state, []byte{1, 0, 2})
	require.NoError(t, err)
	state.Failure = "gone"
	state.Revision, err = s.SaveTemplate(t.Context(), name, state, nil)
	require.NoError(t, err)

	read, index, err := s.Template(t.Context(), name)
	require.NoError(t, err)
	assert.Equal(t, state, read)
	assert.Equal(t, []byte{1, 0, 2}, index, "a save without an index leaves it")
	revision, err := s.TemplateRevision(t.Context(), name)
	require.NoError(t, err)
	assert.Equal(t, int64(2), revision)
	revision, err = s.TemplateRevision(t.Context(), "example/other")
	require.NoError(t, err)
	assert.Zero(t, revision)
}

func TestTwoWhoSaveATemplateDoNotOverwriteEachOther(t *testing.T) {
	s, _ := openTemp(t)
	_, err := s.SaveTemplate(t.Context(), "a/b", store.Template{}, nil)
	require.NoError(t, err)
	_, err = s.SaveTemplate(t.Context(), "a/b", store.Template{}, nil)
	require.ErrorIs(t, err, store.ErrTemplateChanged)
	_, err = s.SaveTemplate(t.Context(), "a/b", store.Template{Revision: 1}, nil)
	require.NoError(t, err)
	_, err = s.SaveTemplate(t.Context(), "a/b", store.Template{Revision: 1}, nil)
	require.ErrorIs(t, err, store.ErrTemplateChanged)
}
