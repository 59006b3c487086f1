package reconcile

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/manifest"
	"github.com/onboard-app/onboard/checks/nightlybuild"
	"github.com/onboard-app/onboard/checks/safehttp"
)

// A check that could not look tries again after firstRetry, then twice as long,
// and so on, and after maxTries each night.
const (
	maxTries   = 6
	firstRetry = time.Minute
)

const (
	// looksOld is when a check that looks outside the repository looks again:
	// nightly, and a bit sooner than a day, since nightly looks are spread.
	looksOld = 20 * time.Hour
	// asksOld is the same for one that waits for something which an event will
	// tell of: only a lost event makes it late.
	asksOld = 7 * 24 * time.Hour
	// checkTimeout bounds one check, so that the others get their turn.
	checkTimeout = 2 * time.Minute
)

// checking is the part of a look that runs the checks which are due.
type checking struct {
	*look
	head ghapi.Head
	seen seen        // at the last look
	read *ghapi.Pull // the review PR, if it was read with the head

	last    map[string]onboarding.Result
	results map[string]onboarding.Result
	judges  map[string]string // by check, as they were before it looked: what changes meanwhile makes it due again
	full    *checks.Subject   // the whole tree, once it was read

	releases func() ([]checks.Release, error)
}

// run runs the checks whose stages are open and that are due, until no other
// stage opens: what one check says may open the stage of another.
func (c *checking) run(ctx context.Context) (facts onboarding.Facts, err error) {
	if c.last, err = c.Store.Results(ctx, c.repository.ID); err != nil {
		return facts, err
	}
	c.results, c.judges = map[string]onboarding.Result{}, map[string]string{}
	due := map[string]checks.Check{}
	if err := c.findJudges(ctx); err != nil {
		return facts, err
	}
	for _, check := range c.checks {
		c.results[check.Name] = onboarding.Result{}
		if result, ok := c.last[check.Name]; ok && !c.isDue(check, result) {
			c.results[check.Name] = result
			continue
		}
		due[check.Name] = check
	}
	c.releases = c.listReleases(ctx, due)
	facts = onboarding.Facts{Commit: c.head.Commit, Results: c.results, Since: c.record.ReviewPR.Since()}
	for {
		verdict := onboarding.Evaluate(c.pipeline, c.record, facts, c.now)
		var open []checks.Check
		for _, check := range c.checks {
			s, _ := verdict.Standing(check.Name)
			if _, isDue := due[check.Name]; isDue && s.State != onboarding.Later {
				open = append(open, check)
				delete(due, check.Name)
			}
		}
		if len(open) == 0 {
			return facts, c.keepSeen(ctx)
		}
		if err := c.runAll(ctx, open); err != nil {
			return facts, err
		}
	}
}

// listReleases lists the releases when a check asks for them or, if one will, already
// while the plugin's files are read.
func (c *checking) listReleases(ctx context.Context, due map[string]checks.Check) func() ([]checks.Release, error) {
	list := func() ([]checks.Release, error) { return c.github.Releases(ctx) }
	_, nightly := due[nightlybuild.Name]
	_, files := due[manifest.Name]
	if nightly && files && c.record.NightlyURL == "" {
		return ahead(list)
	}
	return sync.OnceValues(list)
}

// findJudges finds by which rules the checks judge. A release is judged by those of
// all, which look at its tag (S3).
func (c *checking) findJudges(ctx context.Context) error {
	for _, check := range c.checks {
		judge, err := c.Judge(ctx, check.Name)
		if err != nil {
			return err
		}
		if check.Name == manifest.Name && c.record.Accepted() {
			judge += " accepted" // from then on its id counts: see pin
		}
		c.judges[check.Name] = judge
	}
	if _, ok := c.judges[onboarding.ReleaseStage]; ok {
		all := slices.Sorted(maps.Values(c.judges))
		c.judges[onboarding.ReleaseStage] = strings.Join(slices.Compact(all), " ")
	}
	return nil
}

// isDue tells whether a check must look again: it looked at another commit, by
// other rules or long ago, could not look, or was asked to.
func (c *checking) isDue(check checks.Check, last onboarding.Result) bool {
	age := c.now.Sub(last.At)
	if last.Stale || last.Commit != c.head.Commit || c.judgedAnew(check, last) {
		return true
	}
	switch {
	case !last.NextTry.IsZero():
		return !c.now.Before(last.NextTry)
	case last.Outcome == onboarding.OutcomeError:
		return age >= looksOld
	case check.Online && last.Asks:
		return age >= asksOld
	default:
		return check.Online && age >= looksOld
	}
}

// runAll runs checks; none stops another. A failure of GitHub's ends the look,
// since it is no check's.
func (c *checking) runAll(ctx context.Context, due []checks.Check) error {
	for _, check := range due {
		o, err := c.runOne(ctx, check)
		if err != nil {
			return errors.Join(err, c.count(ctx, o.bytes))
		}
		if err := c.pin(ctx, o); err != nil {
			return err
		}
		result := c.unlessStricter(check, c.follow(check, o.result))
		c.results[check.Name] = result
		err = c.Store.Write(ctx, "record the result of "+check.Name, func(ctx context.Context, tx *sql.Tx) error {
			if o.look != nil {
				if err := store.SaveLook(ctx, tx, c.repository.ID, check.Name, *o.look); err != nil {
					return err
				}
			}
			if err := store.AddDownloaded(ctx, tx, c.repository.OwnerID, o.bytes, c.now); err != nil {
				return err
			}
			return store.SaveResult(ctx, tx, c.repository.ID, check.Name, result)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// count counts what was downloaded by a check that did not come to its end, be
// it that the run is being stopped.
func (c *checking) count(ctx context.Context, bytes int64) error {
	return c.Store.Write(context.WithoutCancel(ctx), "count a download", func(ctx context.Context, tx *sql.Tx) error {
		return store.AddDownloaded(ctx, tx, c.repository.OwnerID, bytes, c.now)
	})
}

// outcome is what came of one check.
type outcome struct {
	result onboarding.Result
	id     string      // of the plugin, if the manifest's check read it
	look   *store.Look // of an online check: to be kept
	bytes  int64       // that it downloaded
}

// runOne runs one check on the tree at the head.
func (c *checking) runOne(ctx context.Context, check checks.Check) (outcome, error) {
	subject, err := c.subject(ctx, check)
	var tooLarge *ghapi.TooLargeError
	if errors.As(err, &tooLarge) {
		return outcome{result: tooLargeResult(check.Name, c.head.Commit, tooLarge)}, nil
	}
	if err != nil {
		return outcome{}, err
	}
	if check.Online {
		spent, err := c.Store.Downloaded(ctx, c.repository.OwnerID, c.now)
		if err != nil {
			return outcome{}, err
		}
		if spent >= c.DailyBytes {
			return outcome{result: c.spentResult()}, nil
		}
	}
	var o outcome
	limited, cancel := context.WithTimeout(safehttp.Metered(ctx, func(bytes int) { o.bytes += int64(bytes) }), checkTimeout)
	defer cancel()
	began := time.Now()
	result, cause := checks.Run(limited, check, subject)
	if c.Checked != nil {
		c.Checked(check.Name, string(result.Outcome), time.Since(began))
	}
	if isAway(cause) || ctx.Err() != nil {
		return o, cause
	}
	if cause != nil {
		zerolog.Ctx(ctx).Error().Err(cause).Str("check", check.Name).Msg("a check could not look")
	}
	o.result, o.id = fromCheck(result, c.head.Commit), pluginID(result)
	o.result.Asks = check.AsksOnly(result)
	o.result.NextTry = again(result)
	if !check.Online {
		return o, nil
	}
	if check.Name == onboarding.ReleaseStage {
		if err := c.tagged(limited, &o.result); err != nil {
			return o, err
		}
	}
	o.look, err = c.lookOf(result)
	return o, err
}

// again is when a check can look at something that it did not look at this time,
// zero if it looked at all.
func again(result checks.Result) time.Time {
	text, _ := result.Facts[nightlybuild.AgainAt].(string)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || result.Outcome == checks.Pass {
		return time.Time{}
	}
	return at
}

// lookOf is what an online check saw, to be compared with at its next look.
func (c *checking) lookOf(result checks.Result) (*store.Look, error) {
	text, err := json.Marshal(result)
	if err != nil {
		return nil, fmt.Errorf("write down the look of %s: %w", result.Check, err)
	}
	url, _ := result.Facts["url"].(string)
	return &store.Look{URL: url, At: c.now, Facts: len(result.Facts) > 0, Result: text}, nil
}

// subject makes what a check looks at. An online check at the head of the last
// look gets the few files that were kept.
func (c *checking) subject(ctx context.Context, check checks.Check) (subject checks.Subject, err error) {
	switch {
	case c.full != nil:
		subject = *c.full
	case c.head.Commit == "": // nothing was pushed yet
	case check.Online && c.seen.head.Commit == c.head.Commit && c.seen.files != nil:
		subject = c.seen.files.subject(c.head)
	default:
		if subject, err = c.tree(ctx); err != nil {
			return checks.Subject{}, err
		}
	}
	subject.Owner, subject.PluginID, subject.Taken = c.head.Owner, c.record.PluginID, c.taken
	if !check.Online {
		return subject, nil
	}
	subject.Repository = strings.TrimRight(c.WebURL, "/") + "/" + c.head.Owner + "/" + c.head.Name
	subject.Now, subject.NightlyURL = c.now, c.record.NightlyURL
	subject.CommitTime = c.commitTime
	subject.Releases = func(context.Context) ([]checks.Release, error) { return c.releases() }
	previous, err := c.previous(ctx, check.Name)
	subject.Nightly, subject.LastRelease = previous, previous // each check reads its own
	return subject, err
}

// tree reads the whole tree at the head, once a look.
func (c *checking) tree(ctx context.Context) (checks.Subject, error) {
	if c.full == nil {
		full, err := c.github.Subject(ctx, c.head)
		if err != nil {
			return checks.Subject{}, err
		}
		c.full = &full
	}
	return *c.full, nil
}

// previous is the last look of a check that has something to compare with.
func (c *checking) previous(ctx context.Context, name string) (*checks.Previous, error) {
	look, ok, err := c.Store.LastLook(ctx, c.repository.ID, name)
	if err != nil || !ok {
		return nil, err
	}
	previous := &checks.Previous{URL: look.URL, At: look.At}
	if err := json.Unmarshal(look.Result, &previous.Result); err != nil {
		return nil, fmt.Errorf("read the last look of %s: %w", name, err)
	}
	return previous, nil
}

// commitTime is GitHub's answer, or what the look knows already.
func (c *checking) commitTime(ctx context.Context, ref string) (sha string, at time.Time, err error) {
	if ref == c.head.Commit {
		return c.head.Commit, c.head.CommittedAt, nil
	}
	return c.github.CommitTime(ctx, ref)
}

// keepSeen keeps the head and, if the tree was read, the files for the nights.
func (c *checking) keepSeen(ctx context.Context) error {
	now := seen{head: c.head}
	if c.seen.head.Commit == c.head.Commit {
		now.files = c.seen.files
	}
	if c.full != nil {
		files, ok, err := c.excerptOf(ctx, *c.full)
		if err != nil {
			return err
		}
		if now.files = nil; ok {
			now.files = append(excerpt{}, files...)
		}
	} else if c.head.Holds(c.seen.head) {
		return nil
	}
	return c.remember(ctx, now)
}

// follow completes a result with what the last one was: when to try again, and
// whether something good turned bad.
func (c *checking) follow(check checks.Check, result onboarding.Result) onboarding.Result {
	last := c.last[check.Name]
	result.Judge, result.At = c.judges[check.Name], c.now
	if result.Outcome == onboarding.OutcomeError {
		result.Tries = 1
		if last.Outcome == onboarding.OutcomeError && last.Commit == result.Commit && !last.Stale {
			result.Tries = last.Tries + 1
		}
		if result.NextTry.IsZero() && result.Tries < maxTries {
			result.NextTry = c.now.Add(firstRetry << (result.Tries - 1))
		}
	}
	result.Good, result.Turned = last.Good, last.Turned
	switch {
	case result.Outcome == onboarding.OutcomePass:
		result.Good, result.Turned = true, time.Time{}
	case result.Outcome == onboarding.OutcomeFail && last.Good:
		result.Good, result.Turned = false, c.now
	}
	if !result.Turned.IsZero() {
		result.Asks = false // what was there and is gone is wrong, and not merely missing
	}
	return result
}

// spentResult is the result of a check for which nothing may be downloaded any
// more today (S17).
func (c *checking) spentResult() onboarding.Result {
	tomorrow := c.now.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
	return onboarding.Result{
		Commit: c.head.Commit, Outcome: onboarding.OutcomeError, NextTry: tomorrow,
		Title: "Today's downloads for this owner are used up",
	}
}

// fromCheck puts a check's result in the domain's words.
func fromCheck(r checks.Result, commit string) onboarding.Result {
	digest, _ := r.Facts["sha256"].(string)
	source := ""
	if r.Check == onboarding.ReleaseStage {
		source, _ = r.Facts["commit"].(string)
	}
	result := onboarding.Result{Source: source, Digest: digest, Commit: commit, Outcome: onboarding.Outcome(r.Outcome), Title: strings.TrimSuffix(r.Title, "."), Measured: measures(r.Facts)}
	for _, f := range r.Findings {
		result.Findings = append(result.Findings, finding(f))
	}
	return result
}

// finding puts a check's finding in the domain's words.
func finding(f checks.Finding) onboarding.Finding {
	return onboarding.Finding{
		Rule: f.Rule, Severity: string(f.Severity), Path: f.Path, Line: f.Line, EndLine: f.EndLine, Message: f.Message, Fix: f.Fix,
	}
}

// unmeasured are facts that only the next look needs.
var unmeasured = []string{"etag", "last_modified", "read_at", "again_at", "asset_id", "digest"}

// measures are a check's facts that fit into a table: numbers, words and
// short lists of words.
func measures(facts map[string]any) []onboarding.Measure {
	const maxList = 10
	var list []onboarding.Measure
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		if slices.Contains(unmeasured, name) || facts[name] == "" {
			continue
		}
		switch value := facts[name].(type) {
		case string, bool, int, int64, float64:
			list = append(list, onboarding.Measure{Name: name, Value: fmt.Sprint(value)})
		case []string:
			if len(value) > 0 && len(value) <= maxList {
				list = append(list, onboarding.Measure{Name: name, Value: strings.Join(value, ", ")})
			}
		}
	}
	return list
}

// tooLargeResult is the result of each check on a tree beyond S17's bound.
func tooLargeResult(check, commit string, cause error) onboarding.Result {
	return onboarding.Result{
		Commit: commit, Outcome: onboarding.OutcomeFail, Title: "The repository has too many files",
		Findings: []onboarding.Finding{{
			Rule: check + "/too-many-files", Severity: string(checks.Failure), Message: cause.Error() + ".",
			Fix: "Remove generated and vendored files from the default branch.",
		}},
	}
}
