package app

import (
	"context"

	"github.com/onboard-app/onboard/app/queue"
)

// Wake makes the queue look at its table, after a test moved the clock.
func (a *App) Wake() { a.queue.Wake() }

// QueueStats tells how the queue stands.
func (a *App) QueueStats(ctx context.Context) (queue.Stats, error) { return a.queue.Stats(ctx) }

// MakeReviewBranchesOf is MakeReviewBranches beside another template.
var MakeReviewBranchesOf = makeReviewBranches

// RepositoryOf tells the repository of a remote.
var RepositoryOf = repositoryOf
