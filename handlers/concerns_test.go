package handlers_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/handlers"
)

func TestAttackABotThatRetargetsTheReviewPRIsAnsweredAtOnce(t *testing.T) {
	s, err := store.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "test.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	require.NoError(t, s.Write(t.Context(), "start", func(ctx context.Context, tx *sql.Tx) error {
		return store.SaveOnboarding(ctx, tx, onboarding.Record{
			Repository: 1, Round: 1, ReviewPR: &onboarding.ReviewPR{Number: 2, BaseBranch: "onboarding/base", HeadBranch: "onboarding/review", BaseSHA: "b", Commits: []onboarding.ReviewCommit{{SHA: "h"}}},
		}, 1)
	}))
	route := handlers.Route(handlers.All(handlers.Deps{Store: s}))
	key, err := route(t.Context(), "pull_request", []byte(`{"action":"edited","number":2,"changes":{"base":{"ref":{"from":"onboarding/base"}}},
		"sender":{"id":41898282,"login":"github-actions[bot]","type":"Bot"},"repository":{"id":1,"name":"x","default_branch":"main","owner":{"id":1,"login":"alice"}},"installation":{"id":1}}`))
	require.NoError(t, err)
	assert.NotEmpty(t, key)
}

func TestAttackTheBaseMovesToAReviewCommit(t *testing.T) {
	s, err := store.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "test.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	require.NoError(t, s.Write(t.Context(), "start", func(ctx context.Context, tx *sql.Tx) error {
		return store.SaveOnboarding(ctx, tx, onboarding.Record{
			Repository: 1, Round: 1, ReviewPR: &onboarding.ReviewPR{Number: 2, BaseBranch: "onboarding/base", HeadBranch: "onboarding/review", BaseSHA: "b", Commits: []onboarding.ReviewCommit{{SHA: "h"}, {SHA: "i"}}},
		}, 1)
	}))
	route := handlers.Route(handlers.All(handlers.Deps{Store: s}))
	key, err := route(t.Context(), "push", []byte(`{"ref":"refs/heads/onboarding/base","after":"h",
		"repository":{"id":1,"name":"x","default_branch":"main","owner":{"id":1,"login":"alice"}},"installation":{"id":1}}`))
	require.NoError(t, err)
	assert.NotEmpty(t, key)
}

func TestPullRequestsAreLookedAtFromTheStartAndAfterCompletionUntilItIsWithdrawn(t *testing.T) {
	for name, test := range map[string]struct {
		record onboarding.Record
		want   bool
	}{
		"under way": {onboarding.Record{}, true},
		"complete":  {onboarding.Record{EndedAt: time.Now()}, true},
		"withdrawn": {onboarding.Record{EndedAt: time.Now(), Withdrawn: &onboarding.Withdrawal{}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := store.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "test.db"))
			require.NoError(t, err)
			defer func() { require.NoError(t, s.Close()) }()
			test.record.Repository, test.record.Round = 1, 1
			require.NoError(t, s.Write(t.Context(), "start", func(ctx context.Context, tx *sql.Tx) error {
				return store.SaveOnboarding(ctx, tx, test.record, 1)
			}))
			route := handlers.Route(handlers.All(handlers.Deps{Store: s, ChecksPulls: true}))
			key, err := route(t.Context(), "pull_request", []byte(`{"action":"opened","number":7,"pull_request":{"state":"open","head":{"sha":"h"},"user":{"id":2}},
				"sender":{"id":2,"login":"bob","type":"User"},"repository":{"id":1,"name":"x","default_branch":"main","owner":{"id":1,"login":"alice"}},"installation":{"id":1}}`))
			require.NoError(t, err)
			assert.Equal(t, test.want, key != "")
		})
	}
}
