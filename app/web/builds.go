package web

import (
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
)

// Builds is what one check saw outside the repository, night after night.
type Builds struct {
	Stage  string  `json:"stage"`  // whose check looked at them
	URL    string  `json:"url"`    // path of the stage's page
	Nights []Build `json:"nights"` // the newest first
}

// Build is a build or a release as it was seen in one night.
type Build struct {
	Night       string             `json:"night"`                 // the day in UTC, "2026-12-03"
	At          time.Time          `json:"at"`                    // when it was looked at
	Outcome     onboarding.Outcome `json:"outcome"`               // of the check
	Title       string             `json:"title"`                 // what the check said
	Version     string             `json:"version,omitempty"`     // as the build claims
	Tag         string             `json:"tag,omitempty"`         // of a release
	Bytes       int64              `json:"bytes,omitempty"`       // its size
	Commit      string             `json:"commit,omitempty"`      // that it claims to be made of
	BehindSince time.Time          `json:"behind_since,omitzero"` // since when it is not that of the default branch
	URL         string             `json:"url,omitempty"`         // where it was downloaded
}

// Bounds of the tables of builds.
const (
	maxNights = 14
	maxField  = 200  // runes of a version, a tag or a title
	maxURL    = 1000 // bytes: a longer one is not linked
)

// builds are the tables of those automatic stages whose checks look outside the
// repository.
func (w *Web) builds(v *visit, a *about) ([]Builds, error) {
	tables := []Builds{}
	for _, stage := range a.pipeline.Stages {
		if stage.Kind != onboarding.Automatic {
			continue
		}
		looks, err := w.Store.Looks(v.ctx, a.repository.ID, stage.Name)
		if err != nil {
			return nil, err
		}
		table := Builds{Stage: stage.Name, URL: a.stageURL(stage.Name)}
		for _, look := range looks[:min(len(looks), maxNights)] {
			build, err := buildOf(look.Result, look.At.UTC(), look.URL)
			if err != nil {
				return nil, fmt.Errorf("read a look of %s at %s: %w", stage.Name, a.repository.FullName(), err)
			}
			table.Nights = append(table.Nights, build)
		}
		if len(table.Nights) > 0 {
			tables = append(tables, table)
		}
	}
	return tables, nil
}

// buildOf reads what is told of a build from a check's result. What is of another
// kind than it should be counts as missing.
func buildOf(result json.RawMessage, at time.Time, address string) (Build, error) {
	var seen struct {
		Outcome onboarding.Outcome `json:"outcome"`
		Title   string             `json:"title"`
		Facts   map[string]any     `json:"facts"`
	}
	if err := json.Unmarshal(result, &seen); err != nil {
		return Build{}, err //nolint:wrapcheck // by builds
	}
	fact := func(name string) string {
		text, _ := seen.Facts[name].(string)
		return texts.Truncate(texts.Line(text), maxField)
	}
	b := Build{
		Night: at.Format(time.DateOnly), At: at, Outcome: seen.Outcome, Title: texts.Truncate(texts.Line(seen.Title), maxField),
		Version: fact("version"), Tag: fact("tag"), Commit: fact("commit"), URL: onWeb(address),
	}
	bytes, _ := seen.Facts["bytes"].(float64)
	b.Bytes = int64(bytes)
	if since, err := time.Parse(time.RFC3339, fact("behind_since")); err == nil {
		b.BehindSince = since.UTC()
	}
	return b, nil
}

// Lag says how far the build is behind the default branch.
func (b Build) Lag() string {
	switch {
	case !b.BehindSince.IsZero():
		return "behind for " + span(b.At.Sub(b.BehindSince))
	case b.Commit != "":
		return "up to date"
	default:
		return "not known"
	}
}

// Size is how large the build is, as people say it.
func (b Build) Size() string {
	switch {
	case b.Bytes <= 0:
		return ""
	case b.Bytes < 1e6:
		return fmt.Sprintf("%.0f kB", float64(b.Bytes)/1e3)
	default:
		return fmt.Sprintf("%.1f MB", float64(b.Bytes)/1e6)
	}
}

// Host is from where the build came.
func (b Build) Host() string {
	u, err := url.Parse(b.URL)
	if err != nil {
		return ""
	}
	return texts.Truncate(texts.Line(u.Host), maxField)
}

// onWeb returns an address that people may be sent to, else "": whatever else a
// browser could be made to do is none.
func onWeb(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(address) > maxURL {
		return ""
	}
	return u.String()
}
