package fakegithub

import "time"

// Review is a review of a pull request.
type Review struct {
	ID int64

	pull        *PullRequest
	by          *User
	state       string // APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED, PENDING
	body        string
	commit      string
	submittedAt time.Time
}
