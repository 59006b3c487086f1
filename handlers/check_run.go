package handlers

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// CheckRun looks again at a stage when somebody presses the button of its check
// run, or GitHub's own “Re-run”.
type CheckRun struct{ Deps }

var _ Skimmer = &CheckRun{}

// Handles names the event.
func (*CheckRun) Handles() []string { return []string{"check_run"} }

// pressed is what is read of the payloads of check runs and of check suites.
type pressed struct {
	Event
	CheckRun struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
		App  app    `json:"app"`
	} `json:"check_run"`
	CheckSuite struct {
		ID  int64 `json:"id"`
		App app   `json:"app"`
	} `json:"check_suite"`
	RequestedAction struct {
		Identifier string `json:"identifier"`
	} `json:"requested_action"`
	Sender user `json:"sender"`
}

type app struct {
	ID int64 `json:"id"`
}

// stage is the stage whose check run was pressed; "" if none of ours was.
func (p pressed) stage(deps Deps) string {
	again := p.Action == "rerequested" || p.Action == "requested_action" && p.RequestedAction.Identifier == onboarding.ActionRecheck
	name, ours := strings.CutPrefix(p.CheckRun.Name, onboarding.RunPrefix)
	if !again || !ours || p.CheckRun.App.ID != deps.AppID || p.Sender.Type != "User" {
		return ""
	}
	return name
}

// Concerns is true if somebody asks one of our check runs to look again.
func (h *CheckRun) Concerns(_ context.Context, payload []byte) (about Event, concerns bool, err error) {
	p, err := decode[pressed](payload)
	return p.Event, err == nil && p.stage(h.Deps) != "", err
}

// MayConcern tells whether somebody asks a check run for something.
func (*CheckRun) MayConcern(payload []byte) bool {
	return bytes.Contains(payload, []byte(`"rerequested"`)) || bytes.Contains(payload, []byte(`"requested_action"`))
}

// Handle records what was asked for.
func (h *CheckRun) Handle(ctx context.Context, _, guid string, payload []byte) error {
	p, err := decode[pressed](payload)
	if err != nil {
		return err
	}
	stage := p.stage(h.Deps)
	if stage == "" {
		return nil
	}
	return h.press(ctx, p, fmt.Sprintf("check_run/%d/%s", p.CheckRun.ID, guid), stage)
}

// press follows the command recheck for a button. The same button can be
// pressed again, so the delivery's GUID is part of the act's id: it is not
// signed (S14), but a delivery that is played again looks again, no more.
func (d Deps) press(ctx context.Context, p pressed, id string, stages ...string) error {
	record, started, err := d.Store.Onboarding(ctx, p.Repository.ID)
	if err != nil || !started || len(stages) > 0 && !record.JudgedBy(d.Pipeline).Has(stages[0]) {
		return err
	}
	return d.obey(ctx, obedience{
		repository: p.repository(), calls: []Call{{Name: "recheck", Args: stages}}, button: true,
		act: store.Act{
			ID: id, Repository: p.Repository.ID, Issue: record.Issue, By: p.Sender.person(), At: d.Now(),
		},
	})
}
