package web

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

// Timeline is a part of a repository's audit log, the newest entry first.
type Timeline struct {
	Length  int64   `json:"length"`           // of the whole log
	Head    string  `json:"head"`             // hash of its newest entry, as the gates' check runs carry it
	Entries []Entry `json:"entries"`          // the newest first
	Before  int64   `json:"before,omitempty"` // ask with ?before= this for those that follow; 0 if there are none
	Latest  bool    `json:"-"`                // it begins with the newest entry
}

// Entry is an entry of the audit log.
type Entry struct {
	Seq     int64              `json:"seq"`               // number of the entry
	At      time.Time          `json:"at"`                // when it was done
	Kind    string             `json:"kind"`              // "start", "approve", "turn", …
	By      string             `json:"by"`                // person, forgotten or onboard
	Who     string             `json:"who,omitempty"`     // login of who did it
	About   []string           `json:"about,omitempty"`   // logins of whom it concerns
	Stage   string             `json:"stage,omitempty"`   // "" if it is about none
	Version string             `json:"version,omitempty"` // the commit or sha256 that was decided on
	Reason  string             `json:"reason,omitempty"`  // in their own words
	Details texts.EventDetails `json:"details"`           // what else there is to know
	URL     string             `json:"url,omitempty"`     // of what they said on GitHub
	Hash    string             `json:"hash"`              // of the entry in the chain
	Text    string             `json:"-"`                 // a sentence in Markdown
}

// Day is what happened on one day, in UTC.
type Day struct {
	Date    time.Time
	Entries []Entry
}

// Bounds of a part of the timeline, so that the page stays small.
const (
	maxEntries    = 40
	timelineBytes = 24_000 // of sentences on a plugin's page
	historyBytes  = 12_000 // of those on a stage's
	maxReason     = 500    // runes; an address may be longer
)

// timeline is the part of the audit log that a request asks for: of one stage, or ""
// for all.
func (w *Web) timeline(v *visit, a *about, stage string, bytes int) (Timeline, error) {
	t := Timeline{Entries: []Entry{}}
	var err error
	if t.Length, t.Head, err = w.Store.AuditHead(v.ctx, a.repository.ID); err != nil {
		return t, err
	}
	before, err := strconv.ParseInt(v.URL.Query().Get("before"), 10, 64)
	t.Latest = err != nil || before <= 0
	if t.Latest {
		before = 0
	}
	entries, err := w.Store.AuditBefore(v.ctx, a.repository.ID, before, stage, maxEntries+1)
	if err != nil {
		return t, err
	}
	for i, e := range entries {
		entry, err := w.entry(v, a, e)
		if err != nil {
			return t, err
		}
		if bytes -= len(entry.Text) + len(entry.URL); i == maxEntries || i > 0 && bytes < 0 {
			t.Before = entries[i-1].Seq
			break
		}
		t.Entries = append(t.Entries, entry)
	}
	return t, nil
}

func (w *Web) entry(v *visit, a *about, e store.Entry) (Entry, error) {
	event := texts.Event{Kind: e.Kind, Who: e.Who, About: e.About, Stage: e.Stage, Version: e.Version, Reason: e.Reason}
	if err := json.Unmarshal(e.Details, &event.Details); err != nil {
		return Entry{}, fmt.Errorf("read the details of entry %d of %s: %w", e.Seq, a.repository.FullName(), err)
	}
	entry := Entry{
		Seq: e.Seq, At: e.At.UTC(), Kind: e.Kind, By: "onboard", Stage: e.Stage, Version: e.Version, Reason: texts.Truncate(e.Reason, maxReason),
		Details: event.Details, Hash: e.Hash, Text: a.view.Event(event),
	}
	for _, p := range e.About {
		entry.About = append(entry.About, texts.Line(p.Login))
	}
	switch {
	case e.Who.ID == 0:
		return entry, nil
	case e.Who.Login == "":
		entry.By = "forgotten"
		return entry, nil
	}
	entry.By, entry.Who = "person", texts.Line(e.Who.Login)
	var err error
	entry.URL, err = w.source(v, a, e)
	return entry, err
}

// source is the page on GitHub where people find what an entry is about: the review,
// the comment, or the issue of the label; "" if that is not known.
func (w *Web) source(v *visit, a *about, e store.Entry) (string, error) {
	if page := onWeb(e.URL); page != "" {
		return page, nil
	}
	parts := strings.Split(e.Source, "/")
	switch {
	case len(parts) < 2:
		return "", nil
	case parts[0] == "label" && len(parts) > 2:
		number, err := strconv.Atoi(parts[2])
		if err != nil {
			return "", nil //nolint:nilerr // then it is not known
		}
		return a.issueURL(number), nil
	case parts[0] != "comment" && parts[0] != "issue":
		return "", nil
	}
	issue, ok, err := w.Store.IssueOf(v.ctx, parts[0]+"/"+parts[1])
	if err != nil || !ok {
		return "", err
	}
	if parts[0] == "comment" {
		return a.issueURL(issue) + "#issuecomment-" + parts[1], nil
	}
	return a.issueURL(issue), nil
}

// Days are the entries by day.
func (t Timeline) Days() []Day {
	var days []Day
	for _, e := range t.Entries {
		date := e.At.Truncate(24 * time.Hour)
		if len(days) == 0 || !days[len(days)-1].Date.Equal(date) {
			days = append(days, Day{Date: date})
		}
		last := &days[len(days)-1]
		last.Entries = append(last.Entries, e)
	}
	return days
}
