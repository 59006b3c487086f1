package store_test

import (
	"context"
	"database/sql"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/store"
)

func TestADatabaseIsLookedAtWithoutChangingIt(t *testing.T) {
	url := "sqlite://" + filepath.Join(t.TempDir(), "onboard.db")
	_, err := store.OpenToRead(t.Context(), url)
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.NoFileExists(t, url[len("sqlite://"):], "and none is made")

	writer, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	save := func(name string) error {
		return writer.Write(t.Context(), "save", func(ctx context.Context, tx *sql.Tx) error {
			return store.SaveRepository(ctx, tx, store.Repository{ID: 7, Owner: "acme", Name: name})
		})
	}
	require.NoError(t, save("hello"))
	look := func() string {
		reader, err := store.OpenToRead(t.Context(), url)
		require.NoError(t, err)
		repository, ok, err := reader.Repository(t.Context(), 7)
		require.NoError(t, err)
		require.True(t, ok)
		require.Error(t, reader.Write(t.Context(), "write", func(ctx context.Context, tx *sql.Tx) error {
			return store.SaveRepository(ctx, tx, store.Repository{ID: 8})
		}))
		require.NoError(t, reader.Close())
		return repository.Name
	}
	assert.Equal(t, "hello", look(), "while another process writes")
	require.NoError(t, save("hallo"), "which is not disturbed")
	require.NoError(t, writer.Close())
	assert.Equal(t, "hallo", look(), "when nobody does")
}

func TestWhatIsNoDatabaseIsNotLookedAt(t *testing.T) {
	file := filepath.Join(t.TempDir(), "onboard.db")
	require.NoError(t, os.WriteFile(file, []byte("this is a letter, and no database at all"), 0o600))
	reader, err := store.OpenToRead(t.Context(), "sqlite://"+file)
	if err == nil { // SQLite reads a file when it is asked for something
		_, _, err = reader.Repository(t.Context(), 7)
		require.NoError(t, reader.Close())
	}
	require.Error(t, err)
	_, err = store.OpenToRead(t.Context(), "postgres://u:hunter2@h/d")
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "hunter2")
}
