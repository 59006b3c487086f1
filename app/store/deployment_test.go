package store_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/store"
)

func TestWishesAreCountedAndSettled(t *testing.T) {
	s, _ := openTemp(t)
	ctx := t.Context()
	want := func(wanted string, repository int64, anew bool) (wish int64, open bool) {
		require.NoError(t, s.Write(ctx, "want", func(ctx context.Context, tx *sql.Tx) (err error) {
			wish, open, err = store.WantDeployment(ctx, tx, "ci-extensions", "com.example.hello", repository, wanted, anew)
			return err
		}))
		return wish, open
	}
	settle := func(wish int64, settled bool, result string) {
		require.NoError(t, s.Write(ctx, "settle", func(ctx context.Context, tx *sql.Tx) error {
			return store.SaveDeploymentResult(ctx, tx, "ci-extensions", "com.example.hello", wish, settled, result)
		}))
	}
	read := func() store.Deployment {
		d, known, err := s.Deployment(ctx, "ci-extensions", "com.example.hello")
		require.NoError(t, err)
		require.True(t, known)
		return d
	}
	_, known, err := s.Deployment(ctx, "ci-extensions", "com.example.hello")
	require.NoError(t, err)
	assert.False(t, known)

	wish, open := want("a", 7, false)
	assert.Equal(t, int64(1), wish)
	assert.True(t, open)
	wish, open = want("a", 7, false)
	assert.Equal(t, int64(1), wish, "each look wishes the same")
	assert.True(t, open, "and it was not done yet")
	require.NoError(t, s.SaveDeploymentRecord(ctx, "ci-extensions", "com.example.hello", "put"))
	settle(1, false, "not yet")
	assert.Equal(t, store.Deployment{Target: "ci-extensions", Plugin: "com.example.hello", Repository: 7, Wanted: "a", Wish: 1, Record: "put", Result: "not yet"}, read())

	want("b", 0, false) // comes while the first is done
	settle(1, true, "done")
	assert.Equal(t, store.Deployment{Target: "ci-extensions", Plugin: "com.example.hello", Repository: 7, Wanted: "b", Wish: 2, Settled: 1, Record: "put", Result: "done"}, read())
	wish, _ = want("b", 0, true)
	assert.Equal(t, int64(3), wish, "an operator may want the same again")
	settle(3, true, "done")
	_, open = want("b", 7, false)
	assert.False(t, open)

	require.NoError(t, s.SaveDeploymentRecord(ctx, "community", "com.example.other", "by hand"))
	all, err := s.Deployments(ctx, 0)
	require.NoError(t, err)
	assert.Len(t, all, 2)
	one, err := s.Deployments(ctx, 7)
	require.NoError(t, err)
	assert.Equal(t, []store.Deployment{read()}, one)
}
