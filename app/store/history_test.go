package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

func TestTheAuditLogIsReadFromItsEnd(t *testing.T) {
	s, _ := openTemp(t)
	for n := range 9 {
		e := decision(n + 1)
		e.Stage = []string{"qa", "pm-ux", "release"}[n%3]
		appendAll(t, s, e)
	}
	require.NoError(t, s.Forget(t.Context(), bob.ID, evening)) // one more entry
	for name, test := range map[string]struct {
		before int64
		stage  string
		limit  int
		want   []int64
	}{
		"the newest":                {0, "", 3, []int64{10, 9, 8}},
		"those before":              {8, "", 3, []int64{7, 6, 5}},
		"the last":                  {3, "", 3, []int64{2, 1}},
		"none":                      {1, "", 3, nil},
		"of one stage":              {0, "pm-ux", 2, []int64{8, 5}},
		"of one stage, before one":  {8, "pm-ux", 9, []int64{5, 2}},
		"of no stage that there is": {0, "community", 9, nil},
		"no limit that makes sense": {0, "", -1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			entries, err := s.AuditBefore(t.Context(), 7, test.before, test.stage, test.limit)
			require.NoError(t, err)
			var seqs []int64
			for _, e := range entries {
				seqs = append(seqs, e.Seq)
				if e.Kind == "decision" {
					assert.Equal(t, alice, e.Who, "with what is personal")
					assert.Equal(t, []onboarding.Person{{ID: bob.ID}}, e.About, "less what was forgotten")
				}
			}
			assert.Equal(t, test.want, seqs)
		})
	}
}

func TestTheIssueOfAnActIsKnown(t *testing.T) {
	s, _ := openTemp(t)
	write(t, s, func(ctx context.Context, tx *sql.Tx) error {
		_, err := store.AddAct(ctx, tx, store.Act{ID: "comment/12", Repository: 7, Issue: 3, By: alice, Recorded: evening})
		return err
	})
	issue, ok, err := s.IssueOf(t.Context(), "comment/12")
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, 3, issue)
	_, ok, err = s.IssueOf(t.Context(), "comment/13")
	require.NoError(t, err)
	assert.False(t, ok)
}

func TestFormerRoundsComeTheNewestFirst(t *testing.T) {
	s, _ := openTemp(t)
	for round := range 5 {
		write(t, s, func(ctx context.Context, tx *sql.Tx) error {
			return store.SaveOnboarding(ctx, tx, onboarding.Record{Repository: 7, Round: round + 1, PluginID: fmt.Sprint("id", round+1)}, 1)
		})
	}
	rounds, err := s.FormerRounds(t.Context(), 7, 4, 2)
	require.NoError(t, err)
	require.Len(t, rounds, 2)
	assert.Equal(t, "id3", rounds[0].PluginID)
	assert.Equal(t, "id2", rounds[1].PluginID)
	rounds, err = s.FormerRounds(t.Context(), 7, 1, 2)
	require.NoError(t, err)
	assert.Empty(t, rounds)
}
