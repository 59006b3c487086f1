package handlers

import (
	"context"
	"fmt"
)

// CheckSuite looks again at all stages when somebody re-runs all checks.
type CheckSuite struct{ Deps }

var _ Handler = &CheckSuite{}

// Handles names the event.
func (*CheckSuite) Handles() []string { return []string{"check_suite"} }

func (h *CheckSuite) ours(p pressed) bool {
	return p.Action == "rerequested" && p.CheckSuite.App.ID == h.AppID && p.Sender.Type == "User"
}

// Concerns is true if somebody re-runs our suite.
func (h *CheckSuite) Concerns(_ context.Context, event Event) (bool, error) {
	p, err := decode[pressed](event.Payload)
	return err == nil && h.ours(p), err
}

// Handle records what was asked for.
func (h *CheckSuite) Handle(ctx context.Context, _, guid string, payload []byte) error {
	p, err := decode[pressed](payload)
	if err != nil || !h.ours(p) {
		return err
	}
	return h.press(ctx, p, fmt.Sprintf("check_suite/%d/%s", p.CheckSuite.ID, guid))
}
