package handlers

import (
	"context"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

// confirm lets an onboarding go on with a new owner: with the one whom the comment's
// own delivery names, if the status comment said so before it was written (S4).
func confirm(_ context.Context, r *request, _ []string) error {
	hold := r.record.Held
	switch {
	case hold == nil || hold.Why != onboarding.NewOwner:
		r.confuse(texts.NothingToConfirm())
		return nil
	case hold.At.After(r.act.At):
		r.confuse(texts.OtherOwner(texts.PersonLink(r.deps.WebURL, hold.Owner.Login)))
		return nil
	}
	about := []onboarding.Person{hold.Owner}
	if r.record.Owner.ID != 0 {
		about = append(about, r.record.Owner)
	}
	details := map[string]any{"owner": hold.Owner.ID, "before": r.record.OwnerID, "roles": r.has}
	r.record.Confirm(r.ownerIsUser)
	r.changed, r.verdict = true, nil
	return r.log(store.Entry{Kind: "confirm", About: about}, details)
}
