package reconcile

import (
	"context"
	"fmt"
	"time"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

// Chat keeps what is to be said elsewhere than on GitHub; others say it, in their own
// time.
type Chat interface {
	// Keep puts on record what the post about a repository should say, "" for what it
	// says, and the notices that are not there yet.
	Keep(ctx context.Context, repository int64, text string, notices []store.Notice) error
}

// quietAfter is how long after the end of a round its post is still kept up to date.
const quietAfter = 24 * time.Hour

// chat has said what there is to say. Before the start is accepted that is nothing
// (S18).
func (l *look) chat(ctx context.Context) error {
	if l.Chat == nil || !l.record.Accepted() {
		return nil
	}
	c := texts.Chat{View: l.view, Names: l.ChatNames}
	var notices []store.Notice
	for _, n := range onboarding.NewsOf(l.record, l.view.Verdict, l.view.Facts, l.since) {
		notice := store.Notice{Name: n.Key, At: n.At, Text: c.News(n)}
		if n.Event == onboarding.EventGate {
			notice.Target = n.Stage
		}
		notices = append(notices, notice)
	}
	for _, gate := range c.Gates() {
		server := l.view.Servers[gate.Name]
		if server.Version != "" && !server.Since.IsZero() {
			notices = append(notices, store.Notice{
				Name:   fmt.Sprintf("deployed/%s/%s/%d", gate.Name, server.SHA256, server.Since.Unix()),
				Target: gate.Name, At: server.Since, Text: c.Deployed(gate.Name, server),
			})
		}
		if server.Trouble != "" {
			notices = append(notices, store.Notice{
				Name:   fmt.Sprintf("not-deployed/%s/%s", gate.Name, ghapi.Digest([]string{server.SHA256, server.Trouble})),
				Target: gate.Name, At: l.now, Text: c.NotDeployed(gate.Name, server),
			})
		}
	}
	post := c.Post()
	if l.record.Ended() && l.now.Sub(l.record.EndedAt) > quietAfter {
		post = ""
	}
	return l.Chat.Keep(ctx, l.repository.ID, post, notices)
}
