package store_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

func TestNewsIsHowFarOnboardingsCameAndNothingPersonal(t *testing.T) {
	s, _ := openTemp(t)
	now := time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)
	require.NoError(t, s.Write(t.Context(), "write news", func(ctx context.Context, tx *sql.Tx) error {
		for id, private := range map[int64]bool{1: false, 2: true} {
			if err := store.SaveRepository(ctx, tx, store.Repository{ID: id, Owner: "acme", Name: "hello", Private: private}); err != nil {
				return err
			}
			for i, kind := range []string{"start", "approve", "gate", "turn", "complete", "end"} {
				if _, err := store.Append(ctx, tx, store.Entry{
					Repository: id, At: now.Add(time.Duration(i) * time.Minute), Kind: kind, Source: "look/" + kind,
					Who: onboarding.Person{ID: 1, Login: "alice"}, Reason: "personal",
				}); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	kinds := func(repository int64) (list []string) {
		news, err := s.News(t.Context(), repository)
		require.NoError(t, err)
		for _, n := range news {
			list = append(list, n.Entry.Kind)
			assert.Equal(t, "acme/hello", n.Repository.FullName())
			assert.Len(t, n.Entry.Hash, 64)
			assert.Zero(t, n.Entry.Who)
			assert.Empty(t, n.Entry.Reason)
		}
		return list
	}
	newest := []string{"end", "complete", "gate", "start"}
	assert.Equal(t, newest, kinds(0), "of all: only what is not private")
	assert.Equal(t, newest, kinds(1))
	assert.Equal(t, newest, kinds(2), "of one: whoever asks for it knows who may see it")
	assert.Empty(t, kinds(3))
}
