package web

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/gorilla/feeds"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// feedEntries is how many entries a feed has.
const feedEntries = 50

// feedAge is for how long a feed or a badge need not be asked for again.
const feedAge = 5 * time.Minute

// feeding is what a feed is made from.
type feeding struct {
	title  string
	path   string // of the page that it tells of
	news   []store.News
	hidden bool // it is not for everybody
}

// feed answers with what is new, as Atom (RFC 4287).
func (w *Web) feed(find func(*visit) (feeding, error)) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		w.serve(out, r, func(v *visit) error {
			f, err := find(v)
			if err != nil {
				return err
			}
			base, fixed := w.base(r)
			var b bytes.Buffer
			if err := atom(f, base).WriteAtom(&b); err != nil {
				return fmt.Errorf("write %s: %w", v.URL.Path, err)
			}
			if fixed && !f.hidden {
				cacheable(out.Header())
			}
			send(out, v, "application/atom+xml; charset=utf-8", &b)
			return nil
		})
	})
}

// cacheable lets caches keep what is the same for everybody.
func cacheable(header http.Header) {
	header.Del("Vary")
	header.Set("Cache-Control", fmt.Sprintf("public, max-age=%d", int(feedAge.Seconds())))
}

// allNews is what is new of all that everybody sees, whoever asks: readers of feeds
// do not sign in.
func (w *Web) allNews(v *visit) (feeding, error) {
	news, err := w.Store.News(v.ctx, 0)
	if err != nil {
		return feeding{}, err
	}
	cards, err := w.Store.Cards(v.ctx)
	if err != nil {
		return feeding{}, err
	}
	seen := map[int64]bool{}
	for _, c := range cards {
		seen[c.Repository.ID] = !hidden(c.Repository, c.Card.Why)
	}
	f := feeding{title: "Plugins on their way", path: "/"}
	for _, n := range news {
		if seen[n.Repository.ID] && len(f.news) < feedEntries {
			f.news = append(f.news, n)
		}
	}
	return f, nil
}

// pluginNews is what is new of one plugin, for those who may see it.
func (w *Web) pluginNews(v *visit) (feeding, error) {
	repository, ok, err := w.Store.RepositoryNamed(v.ctx, v.PathValue("owner"), v.PathValue("repo"))
	if err != nil || !ok {
		return feeding{}, orNotFound(err)
	}
	card, ok, err := w.Store.Card(v.ctx, repository.ID)
	if err != nil || !ok {
		return feeding{}, orNotFound(err)
	}
	sees, err := w.sees(v, repository, card.Why)
	if err != nil || !sees {
		return feeding{}, orNotFound(err)
	}
	news, err := w.Store.News(v.ctx, repository.ID)
	if err != nil {
		return feeding{}, err
	}
	return feeding{
		title: repository.FullName() + " on its way", path: pluginURL(repository), news: news[:min(len(news), feedEntries)],
		hidden: hidden(repository, card.Why),
	}, nil
}

// orNotFound is the error, or that there is no such page.
func orNotFound(err error) error {
	if err == nil {
		return errNotFound
	}
	return err
}

// atom makes the feed of some news, with addresses below base.
func atom(f feeding, base string) *feeds.Feed {
	feed := &feeds.Feed{
		Title: f.title, Link: &feeds.Link{Href: base + f.path}, Author: &feeds.Author{Name: "Onboard"}, Updated: time.Unix(0, 0).UTC(),
	}
	for i, n := range f.news {
		if i == 0 {
			feed.Updated = n.Entry.At.UTC()
		}
		feed.Add(&feeds.Item{
			Id: feedID(n.Entry), Title: n.Repository.FullName() + ": " + newsWords(n.Entry), Updated: n.Entry.At.UTC(),
			Link: &feeds.Link{Href: base + pluginURL(n.Repository)},
		})
	}
	return feed
}

// feedID names an entry, wherever the App is reached and whatever the plugin is
// called: a UUID of the free kind (RFC 9562, version 8) of its hash, which stands
// for it in the audit log.
func feedID(e store.Entry) string {
	id := make([]byte, 16)
	if raw, err := hex.DecodeString(e.Hash); err == nil {
		copy(id, raw)
	}
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// newsWords says what an entry is.
func newsWords(e store.Entry) string {
	switch e.Kind {
	case "gate":
		return "reached " + e.Stage
	case "complete":
		return "the onboarding is complete"
	case "end":
		return "the onboarding was withdrawn"
	default:
		return "an onboarding started"
	}
}

// host is what may stand in an address: a name, or an IP address, and a port.
var host = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?$`)

// base begins addresses of these pages: as it is configured, else as the visitor
// reached them, which caches must not give to others (fixed is false). A host that
// is none gives no address at all.
func (w *Web) base(r *http.Request) (base string, fixed bool) {
	switch {
	case w.PublicURL != "":
		return strings.TrimRight(w.PublicURL, "/"), true
	case !host.MatchString(r.Host):
		return "", false
	case r.TLS != nil:
		return "https://" + r.Host, false
	default:
		return "http://" + r.Host, false
	}
}

// gateNow is the gate that an onboarding is on its way to, or the last one if it
// reached all; ok is false if it has none.
func gateNow(card onboarding.Card) (gate onboarding.Step, ok bool) {
	for _, gate = range card.Gates {
		if ok = true; gate.State != onboarding.Passed && gate.State != onboarding.Waived {
			return gate, true
		}
	}
	return gate, ok
}
