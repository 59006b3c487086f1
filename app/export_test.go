package app

import (
	"context"

	"github.com/onboard-app/onboard/app/queue"
)

// QueueStats tells how the queue stands.
func (a *App) QueueStats(ctx context.Context) (queue.Stats, error) { return a.queue.Stats(ctx) }

// MakeReviewBranchesOf is MakeReviewBranches beside another template.
var MakeReviewBranchesOf = makeReviewBranches

// RepositoryOf tells the repository of a remote.
var RepositoryOf = repositoryOf
