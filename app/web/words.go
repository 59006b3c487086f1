package web

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"
	"time"
	"unicode"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
)

// funcs are what templates say things with.
func (w *Web) funcs() template.FuncMap {
	return template.FuncMap{
		"ago":      func(t time.Time) string { return span(w.Now().Sub(t)) },
		"date":     func(t time.Time) string { return t.UTC().Format(time.DateOnly) },
		"minute":   func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") },
		"clock":    func(t time.Time) string { return t.UTC().Format("15:04") },
		"machine":  func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"party":    texts.Party,
		"who":      func(role onboarding.Role) onboarding.Party { return onboarding.Party(role) },
		"deciders": func(stage onboarding.Stage) string { return texts.Deciders(stage.Deciders()) },
		"state":    stateWords,
		"markdown": markdown,
		"spark":    spark,
		"short":    func(sha string) string { return sha[:min(7, len(sha))] },
		"github":   func(path string) string { return strings.TrimRight(w.WebURL, "/") + "/" + path },
		"join":     strings.Join,
		"lasted":   lasted,
		"outcome":  outcomeWords,
		"demands":  severityWords,
		"ticks":    ticks,
		"brief":    brief,
		"took":     func(seconds int64) string { return lasted(time.Duration(seconds) * time.Second) },
		"seconds":  func(seconds float64) string { return lasted(time.Duration(seconds * float64(time.Second))) },
		"hours":    func(d time.Duration) string { return fmt.Sprintf("%g hours", d.Hours()) },
		"role":     func(r onboarding.Role) string { return texts.Party(onboarding.Party(r)) },
		"plural":   plural,
		"how":      howWords,
		"intro":    texts.CommandsIntro,
		"severity": func() any { return severities },
	}
}

// span is a length of time as people say it, rounded down.
func span(d time.Duration) string {
	day := 24 * time.Hour
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{365 * day, "year"}, {30 * day, "month"}, {day, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := int(d / unit.length); n > 0 {
			return plural(n, unit.name)
		}
	}
	return "just now"
}

// lasted is a length of time that is over.
func lasted(d time.Duration) string {
	if d < time.Minute {
		return "less than a minute"
	}
	return span(d)
}

// brief is what a program or a person wrote, as one line that is not too long.
func brief(s string) string { return texts.Truncate(texts.Line(s), 300) }

// howWords says how a kind of stage is decided.
func howWords(s onboarding.Stage) string {
	switch s.Kind {
	case onboarding.Automatic:
		return "a check"
	case onboarding.Review:
		return plural(s.Approvals, "approval") + " of the review pull request"
	default:
		return "a sign-off"
	}
}

func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// stateWords says where a stage or gate stands, for those who do not see colours.
func stateWords(s onboarding.State) string {
	switch s {
	case onboarding.Later:
		return "not open yet"
	case onboarding.Running:
		return "being looked at"
	case onboarding.Waiting:
		return "waits for a person"
	case onboarding.Undecided:
		return "could not be checked"
	default:
		return string(s)
	}
}

// outcomeWords says what a check came to.
func outcomeWords(o onboarding.Outcome) string {
	switch o {
	case onboarding.OutcomePass:
		return "good"
	case onboarding.OutcomeReview:
		return "a person must look"
	case onboarding.OutcomeFail:
		return "not good"
	default:
		return "could not look"
	}
}

// severityWords says what a finding means for the plugin.
func severityWords(severity string) string {
	switch severity {
	case "notice":
		return "good to know"
	case "warning":
		return "a person must look"
	default:
		return "must be fixed"
	}
}

// ticks shows a text in which code stands between backticks.
func ticks(text string) template.HTML {
	var b strings.Builder
	parts := strings.Split(text, "`")
	for i, part := range parts {
		part = template.HTMLEscapeString(part)
		switch {
		case i%2 == 1 && i < len(parts)-1:
			part = "<code>" + part + "</code>"
		case i%2 == 1: // it has no end
			part = "`" + part
		}
		b.WriteString(part)
	}
	return template.HTML(b.String()) //nolint:gosec // all of it is escaped
}

// tables are all that our own texts use beyond plain Markdown.
var converter = goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough))

// policy lets through what our own texts are made of. What people wrote is escaped
// in them (S19); here it is stopped a second time.
var policy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "strong", "em", "del", "code", "pre", "ul", "ol", "li", "blockquote", "h2", "h3", "h4", "h5",
		"table", "thead", "tbody", "tr", "th", "td", "details", "summary")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("https", "http")
	p.AllowRelativeURLs(true) // our own pages
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnFullyQualifiedLinks(true)
	return p
}()

// seen shows what nobody could see in a text of ours, but for what our own escaping
// puts there (S7).
func seen(r rune) rune {
	if unicode.IsPrint(r) || unicode.IsSpace(r) || r == '\u200b' {
		return r
	}
	return unicode.ReplacementChar
}

// noHead is the head of a table without headings, which Markdown does not know.
const noHead = "<thead>\n<tr>\n<th></th>\n<th></th>\n</tr>\n</thead>\n"

// markdown is a text of ours, as HTML.
func markdown(text string) (template.HTML, error) {
	var b bytes.Buffer
	if err := converter.Convert([]byte(strings.Map(seen, text)), &b); err != nil {
		return "", fmt.Errorf("show a text: %w", err)
	}
	shown := strings.ReplaceAll(policy.Sanitize(b.String()), noHead, "")
	return template.HTML(shown), nil //nolint:gosec // that is what the policy is for
}

// Spark is a row of nights, drawn: the path of each kind of night.
type Spark struct {
	Good, Bad, Unknown string // paths in SVG's words; "" for none
	Words              string // for those who do not see it
	Width              int
}

// Sizes in a spark line.
const (
	nightWidth  = 5
	nightHeight = 12
)

// spark draws what the nightly build was in the last nights, the oldest first.
func spark(nights []onboarding.Night) Spark {
	var s Spark
	var good, bad int
	for i, night := range nights {
		bar := fmt.Sprintf("M%d 0v%d", i*nightWidth+nightWidth/2, nightHeight)
		switch night.Outcome {
		case onboarding.OutcomePass:
			good++
			s.Good += bar
		case onboarding.OutcomeFail, onboarding.OutcomeReview:
			bad++
			s.Bad += bar
		default:
			s.Unknown += bar
		}
	}
	s.Width = len(nights) * nightWidth
	s.Words = fmt.Sprintf("nightly build of the last %s: %d good, %d bad", plural(len(nights), "night"), good, bad)
	return s
}
