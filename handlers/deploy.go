package handlers

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

// gate is the gate with a server that a command names; ok is false if there is none
// of that name, which is answered.
func (r *request) gate(args []string) (name string, ok bool) {
	if len(args) > 0 {
		name = args[0]
	}
	if ok = slices.Contains(r.deps.Servers, name) && r.pipeline().Has(name); !ok {
		r.confuse(texts.NoServer(name, nearest(name, r.deps.Servers), r.deps.Servers))
	}
	return name, ok
}

// passed is what a gate lets onto its server now.
func (r *request) passed(ctx context.Context, gate string) (d onboarding.Deployment, err error) {
	verdict, err := r.stands(ctx)
	if err != nil {
		return d, err
	}
	results, err := r.deps.Store.Results(ctx, r.repository.ID)
	if err != nil {
		return d, err
	}
	list := onboarding.Deployments(r.pipeline(), r.record, verdict, r.record.LastFacts(results, r.deps.Checks))
	return list[slices.IndexFunc(list, func(d onboarding.Deployment) bool { return d.Gate == gate })], nil
}

// orderDeploy orders the bundle onto a server that its gate lets through now, and no
// other: what is there later is ordered anew.
func orderDeploy(ctx context.Context, r *request, args []string) error {
	gate, ok := r.gate(args)
	if !ok {
		return nil
	}
	d, err := r.passed(ctx, gate)
	if err != nil {
		return err
	}
	prefix := ""
	if len(args) > 1 {
		prefix = digits(args[1])
	}
	switch {
	case d.Digest == "":
		r.confuse(texts.NothingToDeploy(gate, d.Why))
		return nil
	case prefix != "" && (len(prefix) < minPrefix || !strings.HasPrefix(d.Digest, prefix)):
		r.confuse(texts.SubjectChanged(gate, prefix, d.Digest))
		return nil
	}
	r.order(gate, onboarding.Order{Digest: d.Digest})
	return r.log(store.Entry{Kind: "deploy", Stage: gate, Version: d.Digest}, map[string]any{"roles": r.has})
}

func orderUndeploy(_ context.Context, r *request, args []string) error {
	gate, ok := r.gate(args)
	if !ok {
		return nil
	}
	r.order(gate, onboarding.Order{Remove: true})
	return r.log(store.Entry{Kind: "undeploy", Stage: gate, Reason: reasonOf(args[1:])}, map[string]any{"roles": r.has})
}

// someDigits are the first digits of a sha256, and hardly the first word of a reason.
var someDigits = regexp.MustCompile(`^(sha256:)?[0-9a-fA-F]*[0-9][0-9a-fA-F]*$`)

// digits are those of a sha256 as people write it.
func digits(word string) string { return strings.ToLower(strings.TrimPrefix(word, "sha256:")) }

// orderRollback orders back what ran on a server before, whatever its gate says: an
// admin makes the server safe. It is about what they saw running there (S4): the
// bundle whose digits they give, else one that was there when they said it. That is
// not deployed again unasked.
func orderRollback(ctx context.Context, r *request, args []string) error {
	gate, ok := r.gate(args)
	if !ok {
		return nil
	}
	servers, err := r.deps.Deployed(ctx, r.repository.ID, r.record.PluginID)
	if err != nil {
		return err
	}
	runs, reason, prefix := servers[gate], args[1:], ""
	if len(reason) > 0 && len(digits(reason[0])) >= minPrefix && someDigits.MatchString(reason[0]) {
		prefix, reason = digits(reason[0]), reason[1:]
	}
	switch {
	case runs.Earlier.SHA256 == "":
		r.confuse(texts.NothingEarlier(gate))
		return nil
	case !strings.HasPrefix(runs.SHA256, prefix), prefix == "" && runs.Since.After(r.act.At):
		r.confuse(texts.SubjectChanged(gate, prefix, runs.SHA256))
		return nil
	}
	d, err := r.passed(ctx, gate)
	if err != nil {
		return err
	}
	r.order(gate, onboarding.Order{Digest: runs.Earlier.SHA256, Commit: runs.Earlier.Commit, Instead: runs.SHA256, Passed: d.Digest})
	r.answer(texts.RollsBack(texts.PersonLink(r.deps.WebURL, r.act.By.Login), gate, runs))
	return r.log(store.Entry{Kind: "rollback", Stage: gate, Version: runs.Earlier.SHA256, Reason: reasonOf(reason)}, map[string]any{"roles": r.has})
}

// order puts on record what an admin asks of a server.
func (r *request) order(gate string, order onboarding.Order) {
	order.By, order.At = r.act.By, r.act.At
	r.record.Order(gate, order)
	r.changed = true
}
