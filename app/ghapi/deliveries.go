package ghapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/go-github/v60/github"
)

// Recoverable is how far back GitHub delivers again (github-facts.md section 6).
const Recoverable = 3 * 24 * time.Hour

// Delivery is one event that GitHub delivered to the App, or tried to, however
// often.
type Delivery struct {
	ID         int64  // of the last attempt
	GUID       string // which all attempts share
	Event      string
	Action     string    // "" if the event has none
	Repository int64     // 0 if it is about none
	At         time.Time // of the last attempt
	Answered   bool      // an attempt was answered with 2xx
}

// Deliveries lists what GitHub delivered since a time, the oldest first. GitHub's
// own filter for failures may not show what got no answer at all, so all are read
// and compared by their GUID.
func (c *Clients) Deliveries(ctx context.Context, since time.Time) ([]Delivery, error) {
	client, err := c.app()
	if err != nil {
		return nil, err
	}
	var list []Delivery
	known := map[string]int{} // in the list, by GUID
	options := &github.ListCursorOptions{PerPage: 100}
	for {
		if err := c.spare(); err != nil {
			return nil, err
		}
		page, response, err := client.Apps.ListHookDeliveries(ctx, options)
		if err != nil {
			return nil, explain(err, "list the App's deliveries")
		}
		for _, d := range page {
			if d.GetDeliveredAt().Before(since) {
				response.Cursor = "" // the rest is older still
				break
			}
			i, seen := known[d.GetGUID()]
			if !seen {
				i, known[d.GetGUID()] = len(list), len(list)
				list = append(list, Delivery{
					ID: d.GetID(), GUID: d.GetGUID(), Event: d.GetEvent(), Action: d.GetAction(),
					Repository: d.GetRepositoryID(), At: d.GetDeliveredAt().Time,
				})
			}
			list[i].Answered = list[i].Answered || d.GetStatusCode()/100 == 2
		}
		if response.Cursor == "" {
			break
		}
		options.Cursor = response.Cursor
	}
	slices.Reverse(list)
	return list, nil
}

// spare fails while half of the App's own calls of this hour are used: without the
// rest no installation gets a token.
func (c *Clients) spare() error {
	c.mu.Lock()
	i := c.kept(theApp)
	c.mu.Unlock()
	for _, b := range i.limits.present(time.Now()) {
		if b.Resource == core && b.Remaining*2 < b.Limit {
			return &UnavailableError{
				Err:     fmt.Errorf("half of the App's own %d calls of this hour are used: the rest is for tokens", b.Limit),
				RetryAt: b.Reset,
			}
		}
	}
	return nil
}

// DeliverAgain asks GitHub to send a delivery again. One that GitHub does not keep
// any more is no error. It may be asked twice: what arrives twice is known by its GUID.
func (c *Clients) DeliverAgain(ctx context.Context, d Delivery) error {
	client, err := c.app()
	if err != nil {
		return err
	}
	if err := c.spare(); err != nil {
		return err
	}
	_, _, err = client.Apps.RedeliverHookDelivery(context.WithValue(ctx, repeatable{}, true), d.ID)
	var accepted *github.AcceptedError // go-github's word for 202
	if errors.As(err, &accepted) || hasStatus(err, http.StatusNotFound) {
		return nil
	}
	return explain(err, "ask GitHub to send delivery %s again", d.GUID)
}

// Payload reads what GitHub sent, or tried to; nil if GitHub does not keep it any
// more. It comes from GitHub itself over the App's own credentials, so that it is
// as good as one that is signed (S13).
func (c *Clients) Payload(ctx context.Context, d Delivery) ([]byte, error) {
	client, err := c.app()
	if err != nil {
		return nil, err
	}
	read, _, err := client.Apps.GetHookDelivery(ctx, d.ID)
	switch {
	case hasStatus(err, http.StatusNotFound):
		return nil, nil
	case err != nil:
		return nil, explain(err, "read delivery %s", d.GUID)
	case read.GetGUID() != d.GUID || read.GetEvent() != d.Event:
		return nil, fmt.Errorf("read delivery %s: GitHub answers with another one", d.GUID)
	case read.Request == nil || read.Request.RawPayload == nil:
		return nil, nil
	}
	return *read.Request.RawPayload, nil
}
