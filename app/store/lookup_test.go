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
	"github.com/onboard-app/onboard/app/store/storetest"
)

func saveRecords(t *testing.T, s *store.Store, records ...onboarding.Record) {
	t.Helper()
	require.NoError(t, s.Write(t.Context(), "save", func(ctx context.Context, tx *sql.Tx) error {
		for _, record := range records {
			if err := store.SaveOnboarding(ctx, tx, record, 1); err != nil {
				return err
			}
		}
		return nil
	}))
}

// asks are requests of people, by their ids.
func asks(people ...int64) (list []onboarding.Request) {
	for _, id := range people {
		list = append(list, onboarding.Request{Person: onboarding.Person{ID: id}})
	}
	return list
}

func TestWhoIsAskedIsCountedOverAllOnboardingsThatAreUnderWay(t *testing.T) {
	s, _ := openTemp(t)
	ended := onboarding.Record{Repository: 3, Round: 1, EndedAt: time.Unix(9, 0), Asked: map[string][]onboarding.Request{"qa": asks(7)}}
	saveRecords(t, s,
		onboarding.Record{Repository: 1, Round: 1, Asked: map[string][]onboarding.Request{"basic-review": asks(7), "qa": asks(8)}},
		onboarding.Record{Repository: 2, Round: 1, Asked: map[string][]onboarding.Request{"basic-review": asks(7, 8, 8)}},
		ended)
	for name, test := range map[string]struct {
		repository int64
		stage      string
		want       map[int64]int
	}{
		"a stage of one is left out":      {1, "basic-review", map[int64]int{7: 1, 8: 2}},
		"another stage of it counts":      {1, "qa", map[int64]int{7: 2, 8: 1}},
		"a stage that asks nobody at all": {1, "pm-ux", map[int64]int{7: 2, 8: 2}},
	} {
		asked, err := s.Asked(t.Context(), test.repository, test.stage)
		require.NoError(t, err)
		assert.Equal(t, test.want, asked, name)
	}
	saveRecords(t, s, onboarding.Record{Repository: 2, Round: 1, Asked: map[string][]onboarding.Request{"qa": asks(9)}})
	asked, err := s.Asked(t.Context(), 1, "basic-review")
	require.NoError(t, err)
	assert.Equal(t, map[int64]int{8: 1, 9: 1}, asked, "what is asked no more does not count")
}

func TestAttackAPluginsIDIsHeldByTheLastRoundAndUnlessItWasWithdrawn(t *testing.T) {
	s, _ := openTemp(t)
	withdrawn := onboarding.Record{Repository: 3, Round: 1, PluginID: "com.example.gone", Withdrawn: &onboarding.Withdrawal{}}
	out := onboarding.Record{Repository: 4, Round: 2, PluginID: "com.example.out", Withdrawn: &onboarding.Withdrawal{}, Baseline: &onboarding.Baseline{}}
	saveRecords(t, s,
		onboarding.Record{Repository: 1, Round: 1, PluginID: "com.example.Hello"},
		onboarding.Record{Repository: 2, Round: 1, PluginID: "com.example.before"},
		onboarding.Record{Repository: 2, Round: 2, PluginID: "com.example.now"},
		onboarding.Record{Repository: 5, Round: 1},
		withdrawn, out)
	for id, want := range map[string]bool{
		"com.example.hello": true, "COM.EXAMPLE.HELLO": true, "com.example.now": true, "com.example.out": true,
		"com.example.before": false, "com.example.gone": false, "com.example.none": false, "": false,
	} {
		held, err := s.HoldsPlugin(t.Context(), id, 9)
		require.NoError(t, err)
		assert.Equal(t, want, held, "%q", id)
	}
	held, err := s.HoldsPlugin(t.Context(), "com.example.hello", 1)
	require.NoError(t, err)
	assert.False(t, held, "its own")
}

func TestWhatAnOlderOnboardSavedIsFoundToo(t *testing.T) {
	url := storetest.URL(t)
	s, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	saveRecords(t, s,
		onboarding.Record{Repository: 1, Round: 1, PluginID: "com.example.before", Asked: map[string][]onboarding.Request{"qa": asks(6)}, EndedAt: time.Unix(9, 0)},
		onboarding.Record{Repository: 1, Round: 2, PluginID: "com.example.hello", Asked: map[string][]onboarding.Request{"qa": asks(7)}})
	require.NoError(t, s.Write(t.Context(), "as if it were older", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE onboarding SET plugin = NULL`)
		if err == nil {
			_, err = tx.ExecContext(ctx, `DELETE FROM asked`)
		}
		return err
	}))
	require.NoError(t, s.Close())
	s, _ = openAt(t, url)
	asked, err := s.Asked(t.Context(), 2, "qa")
	require.NoError(t, err)
	assert.Equal(t, map[int64]int{7: 1}, asked)
	held, err := s.HoldsPlugin(t.Context(), "com.example.hello", 2)
	require.NoError(t, err)
	assert.True(t, held)
}
