package handlers

import (
	"context"
	"maps"
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

// orderDeploy orders the bundle onto a server that its gate lets through now, and no
// other: what is there later is ordered anew.
func orderDeploy(ctx context.Context, r *request, args []string) error {
	gate, ok := r.gate(args)
	if !ok {
		return nil
	}
	verdict, err := r.stands(ctx)
	if err != nil {
		return err
	}
	results, err := r.deps.Store.Results(ctx, r.repository.ID)
	if err != nil {
		return err
	}
	list := onboarding.Deployments(r.pipeline(), r.record, verdict, r.record.LastFacts(results, r.deps.Checks))
	d := list[slices.IndexFunc(list, func(d onboarding.Deployment) bool { return d.Gate == gate })]
	prefix := ""
	if len(args) > 1 {
		prefix = strings.ToLower(strings.TrimPrefix(args[1], "sha256:"))
	}
	switch {
	case d.Digest == "":
		r.confuse(texts.NothingToDeploy(gate, d.Why))
		return nil
	case prefix != "" && (len(prefix) < minPrefix || !strings.HasPrefix(d.Digest, prefix)):
		r.confuse(texts.SubjectChanged(gate, prefix, d.Digest))
		return nil
	}
	r.order(gate, onboarding.Order{By: r.act.By, At: r.act.At, Digest: d.Digest})
	return r.log(store.Entry{Kind: "deploy", Stage: gate, Version: d.Digest}, map[string]any{"roles": r.has})
}

func orderUndeploy(_ context.Context, r *request, args []string) error {
	gate, ok := r.gate(args)
	if !ok {
		return nil
	}
	r.order(gate, onboarding.Order{By: r.act.By, At: r.act.At, Remove: true})
	return r.log(store.Entry{Kind: "undeploy", Stage: gate, Reason: reasonOf(args[1:])}, map[string]any{"roles": r.has})
}

// orderRollback orders back what ran on a server before, whatever its gate says: an
// admin makes the server safe. What runs there now is not deployed again unasked.
func orderRollback(ctx context.Context, r *request, args []string) error {
	gate, ok := r.gate(args)
	if !ok {
		return nil
	}
	servers, err := r.deps.Deployed(ctx, r.repository.ID, r.record.PluginID)
	if err != nil {
		return err
	}
	runs, earlier := servers[gate], servers[gate].Earlier
	if earlier.SHA256 == "" {
		r.confuse(texts.NothingEarlier(gate))
		return nil
	}
	r.order(gate, onboarding.Order{By: r.act.By, At: r.act.At, Digest: earlier.SHA256, Commit: earlier.Commit, Instead: runs.SHA256})
	r.answer(texts.RollsBack(texts.PersonLink(r.deps.WebURL, r.act.By.Login), gate, runs))
	return r.log(store.Entry{Kind: "rollback", Stage: gate, Version: earlier.SHA256, Reason: reasonOf(args[1:])}, map[string]any{"roles": r.has})
}

// order puts on record what an admin asks of a server.
func (r *request) order(gate string, order onboarding.Order) {
	orders := maps.Clone(r.record.Orders)
	if orders == nil {
		orders = map[string]onboarding.Order{}
	}
	orders[gate] = order
	r.record.Orders, r.changed = orders, true
}
