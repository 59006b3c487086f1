package web

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
)

// Step is a stage or a gate on a plugin's way.
type Step struct {
	Name    string           `json:"name"`              // of the stage or gate
	Kind    onboarding.Kind  `json:"kind"`              // how it is decided
	State   onboarding.State `json:"state"`             // where it stands
	Title   string           `json:"title"`             // of its check run
	Turn    onboarding.Party `json:"turn,omitempty"`    // who must act; "" for nobody
	Since   time.Time        `json:"since,omitzero"`    // when their turn began, else when the stage opened
	Asked   []string         `json:"asked,omitempty"`   // logins of those who are asked
	Present bool             `json:"present"`           // this is where the onboarding is
	URL     string           `json:"url"`               // path of its page
	RunURL  string           `json:"run_url,omitempty"` // page of its check run on GitHub
}

// Gate is a gate with what it needs.
type Gate struct {
	Step
	Passing   int       `json:"passing"`             // of Total
	Total     int       `json:"total"`               // how many it needs
	Needs     []Step    `json:"needs"`               // stages, and the gate before
	ReachedAt time.Time `json:"reached_at,omitzero"` // when it was green for the first time
	Server    *Server   `json:"server,omitempty"`    // behind it; null if Onboard deploys to none there
}

// Server is the Mattermost server behind a gate: what runs there, and what should.
type Server struct {
	Version string    `json:"version,omitempty"` // that runs there; "" if Onboard put none there
	SHA256  string    `json:"sha256,omitempty"`  // of its bundle
	Since   time.Time `json:"since,omitzero"`    // when it was put there
	Trouble string    `json:"trouble,omitempty"` // why something else that is wanted is not there, in the middle of a sentence
	Offered string    `json:"offered,omitempty"` // sha256 of the bundle that an admin may deploy
	Command string    `json:"command,omitempty"` // by which they do
	Earlier string    `json:"earlier,omitempty"` // the version that ran there before, and that an admin can have put back
	Path    string    `json:"-"`                 // at which the visitor has that done; "" if they may not
}

// Spent is how long a stage was somebody's turn in this round.
type Spent struct {
	Stage   string           `json:"stage"`   // that waited for them
	Party   onboarding.Party `json:"party"`   // whose turn it was
	Seconds int64            `json:"seconds"` // in all their turns
	Present bool             `json:"present"` // it is their turn now
}

// Time is that length of time.
func (s Spent) Time() time.Duration { return time.Duration(s.Seconds) * time.Second }

// way are the names of a pipeline's stages and gates in the order in which a plugin
// passes them: a gate comes after the last stage that it needs.
func way(p onboarding.Pipeline) []string {
	after := map[string]int{}
	for i, stage := range p.Stages {
		after[stage.Name] = i
	}
	for _, gate := range p.Gates { // a gate comes after those that it needs
		last := -1
		for _, need := range gate.Needs {
			last = max(last, after[need])
		}
		after[gate.Name] = last
	}
	var names []string
	for i, stage := range p.Stages {
		names = append(names, stage.Name)
		for _, gate := range p.Gates {
			if after[gate.Name] == i {
				names = append(names, gate.Name)
			}
		}
	}
	return names
}

// steps are the stages and gates, if somebody looked.
func (a *about) steps() []Step {
	steps := []Step{}
	if !a.looked {
		return steps
	}
	for _, name := range way(a.pipeline) {
		steps = append(steps, a.step(name))
	}
	return steps
}

func (a *about) step(name string) Step {
	s, _ := a.view.Verdict.Standing(name)
	step := Step{
		Name: name, Kind: s.Kind, State: s.State, Title: a.view.RunTitle(name), Since: s.Since.UTC(),
		Present: name == a.present(), URL: a.stageURL(name), RunURL: a.runs[name],
	}
	if a.waits(s) {
		step.Turn, step.Since, step.Asked = s.Turn, a.since(name), a.asked(onboarding.Turn{Party: s.Turn, Stage: name})
	}
	return step
}

// waits tells whether somebody is waited for at a stage: nobody is while all rests.
func (a *about) waits(s onboarding.Standing) bool {
	return s.Open() && s.Turn != onboarding.Nobody && !a.record.Ended() && !a.record.Rests()
}

// since is when the present turn on a stage began, else when the stage opened.
func (a *about) since(stage string) time.Time {
	for _, t := range a.turns {
		if t.Stage == stage && !t.Since.IsZero() {
			return t.Since.UTC()
		}
	}
	return a.view.Since(stage).UTC()
}

// Note is the title for those who see beside it whose turn it is: not only the
// author reads the page.
func (s Step) Note() string { return strings.TrimPrefix(s.Title, "You: ") }

// asked are the logins of those who are asked to act; while it is the author's turn
// they wait.
func (a *about) asked(turn onboarding.Turn) []string {
	var logins []string
	if !turn.Party.IsRole() {
		return logins
	}
	for _, request := range a.record.Asked[turn.Stage] {
		logins = append(logins, texts.Line(request.Person.Login))
	}
	return logins
}

// gates are the gates with what they need, if somebody looked.
func (a *about) gates() []Gate {
	gates := []Gate{}
	if !a.looked {
		return gates
	}
	for _, gate := range a.pipeline.Gates {
		gates = append(gates, a.gate(gate))
	}
	return gates
}

func (a *about) gate(gate onboarding.Gate) Gate {
	s, _ := a.view.Verdict.Standing(gate.Name)
	g := Gate{Step: a.step(gate.Name), Passing: s.Passing, Total: s.Total, Needs: []Step{}, ReachedAt: a.record.Reached[gate.Name].UTC()}
	if s, has := a.view.Servers[gate.Name]; has {
		g.Server = &Server{
			Version: texts.Line(s.Version), SHA256: texts.Line(s.SHA256), Since: s.Since.UTC(), Trouble: texts.Line(s.Trouble), Offered: texts.Line(s.Offered),
		}
		if s.Offered != "" {
			g.Server.Command = fmt.Sprintf("/onboard deploy %s %.12s", gate.Name, g.Server.Offered)
		}
		if s.Earlier.SHA256 != "" {
			if g.Server.Earlier = texts.Line(s.Earlier.Version); a.acts {
				g.Server.Path = pluginURL(a.repository) + "/rollback"
			}
		}
	}
	for _, need := range gate.Needs {
		g.Needs = append(g.Needs, a.step(need))
	}
	return g
}

// spent is how long which stages were whose turn, in the order of the stages; of one
// stage, or "" for all.
func (a *about) spent(now time.Time, stage string) []Spent {
	list := []Spent{}
	for _, name := range way(a.pipeline) {
		for _, t := range a.turns {
			if t.Stage == name && (stage == "" || stage == name) {
				list = append(list, Spent{Stage: name, Party: t.Party, Seconds: int64(t.Total(now) / time.Second), Present: !t.Since.IsZero()})
			}
		}
	}
	return list
}

var sha256 = regexp.MustCompile(`^[0-9a-f]{64}$`)

// rollback has what ran on a gate's server before put back, as an admin asks.
func (w *Web) rollback(v *visit) (came string, err error) {
	a, err := w.about(v)
	if err != nil {
		return "", err
	}
	gate, runs := v.PostFormValue("gate"), v.PostFormValue("runs") // as the page showed it (S4)
	if !a.pipeline.Has(gate) || !sha256.MatchString(runs) {
		return "", errNotFound
	}
	if !a.acts {
		return "", refusal(v.visitor, "admins who are not on the plugin's side")
	}
	if err := w.Operator.Say(v.ctx, a.repository, v.visitor.Person, "rollback", gate, runs); err != nil {
		return "", fmt.Errorf("roll %s back at %s: %w", a.repository.FullName(), gate, err)
	}
	v.did("a roll back is wanted: " + gate)
	return passedOn, nil
}
