package handlers

import (
	"bytes"
	"context"
	"fmt"
)

// CheckSuite looks again at all stages when somebody re-runs all checks.
type CheckSuite struct{ Deps }

var _ Skimmer = &CheckSuite{}

// Handles names the event.
func (*CheckSuite) Handles() []string { return []string{"check_suite"} }

func (h *CheckSuite) ours(p pressed) bool {
	return p.Action == "rerequested" && p.CheckSuite.App.ID == h.AppID && p.Sender.Type == "User"
}

// Concerns is true if somebody re-runs our suite.
func (h *CheckSuite) Concerns(_ context.Context, payload []byte) (about Event, concerns bool, err error) {
	p, err := decode[pressed](payload)
	return p.Event, err == nil && h.ours(p), err
}

// MayConcern tells whether somebody re-runs a suite: each push makes one.
func (*CheckSuite) MayConcern(payload []byte) bool {
	return bytes.Contains(payload, []byte(`"rerequested"`))
}

// Handle records what was asked for.
func (h *CheckSuite) Handle(ctx context.Context, _, guid string, payload []byte) error {
	p, err := decode[pressed](payload)
	if err != nil || !h.ours(p) {
		return err
	}
	return h.press(ctx, p, fmt.Sprintf("check_suite/%d/%s", p.CheckSuite.ID, guid))
}
