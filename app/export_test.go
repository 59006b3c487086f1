package app

import (
	"context"
	"time"

	"github.com/onboard-app/onboard/app/queue"
	"github.com/onboard-app/onboard/app/web"
)

// QueueStats tells how the queue stands.
func (a *App) QueueStats(ctx context.Context) (queue.Stats, error) { return a.queue.Stats(ctx) }

// WithGrace sets how long a stopping App lets its work end by itself.
func WithGrace(d time.Duration) Option { return func(a *App) { a.grace = d } }

// Visitors are those of the pages.
func (a *App) Visitors() web.Visitors { return a.pages.Visitors }

// WithPace sets how long it is between two looks at a plugin that starts.
func WithPace(d time.Duration) Option { return func(a *App) { a.pace = d } }

// MakeReviewBranchesOf is MakeReviewBranches beside another template.
var MakeReviewBranchesOf = makeReviewBranches

// RepositoryOf tells the repository of a remote.
var RepositoryOf = repositoryOf

// Team is who the pages say may be asked.
func (a *App) Team() web.Team { return a.pages.Team }

// Operator is what the page of operations tells and does.
func (a *App) Operator() web.Operator { return a.pages.Operator }
