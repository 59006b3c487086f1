package ghapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/google/go-github/v60/github"
)

// Recoverable is how far back GitHub delivers again (github-facts.md section 6).
const Recoverable = 3 * 24 * time.Hour

// Redeliver asks GitHub to send again what it could not deliver since a time:
// GitHub does not try again by itself. It returns how many deliveries it asked for.
func (c *Clients) Redeliver(ctx context.Context, since time.Time) (asked int, err error) {
	client, err := c.app()
	if err != nil {
		return 0, err
	}
	failed, err := undelivered(ctx, client, since)
	if err != nil {
		return 0, err
	}
	for _, id := range failed {
		_, _, err := client.Apps.RedeliverHookDelivery(ctx, id)
		var accepted *github.AcceptedError // go-github's word for 202
		if err != nil && !errors.As(err, &accepted) && !hasStatus(err, http.StatusNotFound) {
			return asked, explain(err, "ask GitHub to send delivery %d again", id)
		}
		asked++
	}
	return asked, nil
}

// undelivered lists the deliveries none of whose attempts got a 2xx, the
// oldest first, by the id of an attempt.
func undelivered(ctx context.Context, client *github.Client, since time.Time) ([]int64, error) {
	delivered := map[string]bool{} // by GUID, which an attempt again keeps
	var newest []*github.HookDelivery
	options := &github.ListCursorOptions{PerPage: 100}
	for {
		page, response, err := client.Apps.ListHookDeliveries(ctx, options)
		if err != nil {
			return nil, explain(err, "list the App's deliveries")
		}
		for _, d := range page {
			if d.GetDeliveredAt().Before(since) {
				response.Cursor = "" // the rest is older still
				break
			}
			_, seen := delivered[d.GetGUID()]
			if !seen {
				newest = append(newest, d)
			}
			delivered[d.GetGUID()] = delivered[d.GetGUID()] || d.GetStatusCode()/100 == 2
		}
		if response.Cursor == "" {
			break
		}
		options.Cursor = response.Cursor
	}
	var ids []int64
	for i := len(newest) - 1; i >= 0; i-- {
		if !delivered[newest[i].GetGUID()] {
			ids = append(ids, newest[i].GetID())
		}
	}
	return ids, nil
}
