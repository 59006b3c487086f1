package texts

import (
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Chat writes what is said on Mattermost. What people wrote is escaped as on GitHub:
// no mention, hashtag or link of theirs survives (S19).
type Chat struct {
	View  View
	Names map[string]string // names on Mattermost, by login on GitHub
}

// Post is the one post about an onboarding, which says where it stands. It mentions
// nobody: it is edited in place.
func (c Chat) Post() string { return render("chat-post", c) }

// News tells one thing that happened, in the thread.
func (c Chat) News(n onboarding.News) string { return render("chat-"+string(n.Event), chatNews{c, n}) }

// Deployed tells that a bundle runs on a gate's server, and NotDeployed why one does
// not.
func (c Chat) Deployed(gate string, s Server) string {
	return render("chat-deployed", chatServer{c, gate, s})
}

// NotDeployed tells why a bundle does not run on a gate's server.
func (c Chat) NotDeployed(gate string, s Server) string {
	return render("chat-not-deployed", chatServer{c, gate, s})
}

// chatNews is what the templates of news are filled in with.
type chatNews struct {
	Chat
	onboarding.News
}

// chatServer is what those about servers are filled in with.
type chatServer struct {
	Chat
	Gate string
	Server
}

// Name is the repository's, without its owner's.
func (c Chat) Name() string { return path.Base(c.View.Repository) }

// Link leads to the tracking issue.
func (c Chat) Link() string {
	return fmt.Sprintf("[%s#%d](%s/issues/%d)", Plain(c.View.Repository), c.View.Record.Issue, c.View.URL(), c.View.Record.Issue)
}

// Gates are the gates, in order.
func (c Chat) Gates() []onboarding.Standing {
	return slices.DeleteFunc(slices.Clone(c.View.Verdict.Standings), func(s onboarding.Standing) bool { return s.Kind != onboarding.KindGate })
}

// Runs is the version on a gate's server; "" if there is none.
func (c Chat) Runs(gate string) string { return c.View.Servers[gate].Version }

// State is how the onboarding stands as a whole: held, paused, withdrawn, complete,
// or "" while it is under way.
func (c Chat) State() string { return onboarding.CardOf(c.View.Record, c.View.Verdict).Standing }

// BuildURL is where the nightly build can be had.
func (c Chat) BuildURL() string { return c.View.Facts.Results[onboarding.NightlyStage].Measure("url") }

// Who names the people who are wanted: those whose name on Mattermost is known are
// mentioned, the others linked.
func (n chatNews) Who() string {
	var names []string
	for _, p := range n.People {
		names = append(names, n.who(p.Login))
	}
	return list(names)
}

// Lead is who leads the role that is late; "" for nobody.
func (n chatNews) Lead() string {
	if login := n.View.Leads[onboarding.Role(n.Party)]; login != "" {
		return n.who(login)
	}
	return ""
}

func (c Chat) who(login string) string { return chatPerson(c.Names, c.View.WebURL, login) }

func chatPerson(people map[string]string, webURL, login string) string {
	if name := people[login]; name != "" {
		return "@" + Line(name)
	}
	return PersonLink(webURL, login)
}

// DigestEntry is one thing that waits for people.
type DigestEntry struct {
	Repository string // "owner/name"
	Issue      int
	Stage      string
	Party      onboarding.Party
	Logins     []string // who are asked; none: all of the party
	Since      time.Time
}

// digestGroup is what waits for one person, or for one role.
type digestGroup struct {
	Who     string
	Entries []DigestEntry
}

// Digest says once a day what waits for whom; "" if nothing does.
func Digest(entries []DigestEntry, people map[string]string, webURL string) string {
	var groups []digestGroup
	add := func(who string, e DigestEntry) {
		i := slices.IndexFunc(groups, func(g digestGroup) bool { return g.Who == who })
		if i < 0 {
			groups, i = append(groups, digestGroup{Who: who}), len(groups)
		}
		groups[i].Entries = append(groups[i].Entries, e)
	}
	for _, e := range entries {
		for _, login := range e.Logins {
			add(chatPerson(people, webURL, login), e)
		}
		if len(e.Logins) == 0 {
			add(capital(Party(e.Party)), e)
		}
	}
	if len(groups) == 0 {
		return ""
	}
	slices.SortStableFunc(groups, func(a, b digestGroup) int { return len(b.Entries) - len(a.Entries) })
	return render("chat-digest", map[string]any{"Groups": groups, "WebURL": trimSlash(webURL)})
}
