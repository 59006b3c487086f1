package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/queue"
	"github.com/onboard-app/onboard/app/store"
)

// Import puts onboardings on record that began without the App, from a YAML
// file; see docs/import.md. It asks GitHub, as the App, who everybody is and
// which roles they have. The App must not run: it looks at the repositories at
// its next start. A dry run records nothing, and the App may run meanwhile.
//
// All that is wrong with the file is an [ImportError], and nothing is recorded
// then. Any other error means that it could not be done.
func Import(ctx context.Context, config Config, log zerolog.Logger, file string, dryRun bool, now time.Time) (_ Imports, err error) {
	if missing := config.Missing(); len(missing) > 0 {
		return Imports{}, fmt.Errorf("import asks GitHub as the App does, and %w", missing)
	}
	i, list, err := newImporting(config, file, now)
	if err != nil {
		return Imports{}, err
	}
	i.record, err = store.OpenToRead(ctx, config.Database.location())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Imports{}, err
	}
	plan, err := i.plan(log.WithContext(ctx), list)
	if i.record != nil {
		err = errors.Join(err, i.record.Close())
	}
	if len(i.problems) > 0 {
		return Imports{}, ImportError(i.problems)
	}
	if err != nil || dryRun || len(plan) == 0 {
		return Imports{Again: i.again, list: plan, pipeline: config.Pipeline}, err
	}
	s, err := store.Open(ctx, config.Database.location())
	if errors.Is(err, store.ErrInUse) {
		return Imports{}, fmt.Errorf("%w\n  stop the App, import, and start it again", err)
	}
	if err != nil {
		return Imports{}, err
	}
	err = s.Import(ctx, plan, now, queue.Want)
	return Imports{Done: err == nil, Again: i.again, list: plan, pipeline: config.Pipeline}, errors.Join(err, s.Close())
}

// importing is one import under way. Its loader keeps what is wrong.
type importing struct {
	*loader
	config Config
	now    time.Time
	sum    string // the file's sha256, in hex
	count  int    // of what has a source of its own: it is "import/<start of sum>/<count>"

	github   *ghapi.Clients
	roles    *ghapi.Roles
	owners   *ghapi.PluginOwners
	*looking // its record is nil if there is no database yet

	names []string // repositories of the file so far, in lower case
	ids   []int64  // and their ids
	again []string // those that were imported from this very file before
	away  error    // why GitHub cannot be asked any more
}

// newImporting reads the file.
func newImporting(config Config, file string, now time.Time) (*importing, []importedOnboarding, error) {
	i := &importing{loader: &loader{file: file}, config: config, now: now, looking: &looking{resolved: map[string]int64{}}}
	content, err := readAtMost(file, maxImport)
	if err != nil {
		return nil, nil, fmt.Errorf("read what to import: %w", err)
	}
	sum := sha256.Sum256(content)
	i.sum = hex.EncodeToString(sum[:])
	list := i.readImport(content)
	if i.github, err = ghapi.New(ghapi.Options{
		Config: config.githubapp(), UserAgent: userAgent(), Burst: config.Writes.Burst, PerSecond: config.Writes.PerSecond,
	}); err != nil {
		return nil, nil, err
	}
	if i.roles, err = ghapi.NewRoles(i.github, i.looking, func() time.Time { return now }, config.Roles.members()); err != nil {
		return nil, nil, err
	}
	i.owners = i.roles.PluginOwners(config.PluginOwners.logins())
	return i, list, nil
}

// readAtMost reads a file that is no larger than some bytes.
func readAtMost(file string, limit int64) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if _ = f.Close(); err == nil && int64(len(content)) > limit { // it was only read
		err = fmt.Errorf("%s is larger than %d bytes", file, limit)
	}
	return content, err
}

// plan is what is to be recorded: all that is right. It goes on after a problem,
// so that all of them are told at once.
func (i *importing) plan(ctx context.Context, list []importedOnboarding) (plan []store.Imported, err error) {
	for n, o := range list {
		one := i.onboarding(ctx, fmt.Sprintf("[%d].", n), o)
		if one.Record.Repository != 0 {
			plan = append(plan, one)
		}
	}
	return plan, i.away
}

// next is the source of the next thing that is imported. The same file gives the
// same sources.
func (i *importing) next() string {
	i.count++
	return fmt.Sprintf("%s%04d", i.prefix(), i.count)
}

func (i *importing) prefix() string { return "import/" + i.sum[:12] + "/" }

// onboarding is one onboarding of the file; zero if it is not to be recorded.
func (i *importing) onboarding(ctx context.Context, path string, o importedOnboarding) store.Imported {
	problems := len(i.problems)
	started := i.formOf(path, o)
	one, ok := store.Imported{}, false
	if len(i.problems) == problems { // else GitHub is asked about nonsense
		one, ok = i.begin(ctx, path, o, started)
	}
	for n, d := range o.Decisions {
		at := fmt.Sprintf("%sdecisions[%d].", path, n)
		problems := len(i.problems)
		decision, stage := i.decisionOf(at, d, started)
		decision.ID = i.next()
		if !ok || len(i.problems) > problems || !i.decided(ctx, at, d.By, stage, &decision, one.Record) {
			continue
		}
		one.Record.Decisions = onboarding.Decide(one.Record.Decisions, decision)
		one.Entries = append(one.Entries, store.Entry{
			At: decision.At, Kind: string(decision.Verb), Who: decision.By, Source: decision.ID, URL: decision.URL,
			Stage: decision.Stage, Version: decision.Bound, Reason: decision.Reason, Details: details(decision),
		})
	}
	one.Entries = append(one.Entries, store.Entry{
		At: i.now, Kind: "import", Source: i.next(), Version: i.sum, Details: json.RawMessage(fmt.Sprintf(`{"decisions":%d}`, len(one.Record.Decisions))),
	})
	one.Key = repositoryKey + strconv.FormatInt(one.Record.Repository, 10)
	for n := range one.Entries {
		one.Entries[n].Repository = one.Record.Repository
	}
	return one
}

// details are those of an imported decision in the audit log. They say nothing of
// who ran the import: an account of a machine is nobody on GitHub, and details
// cannot be forgotten (S22).
func details(d onboarding.Decision) json.RawMessage {
	text, err := json.Marshal(struct {
		Imported bool              `json:"imported"`
		Roles    []onboarding.Role `json:"roles"`
		Until    time.Time         `json:"until,omitzero"`
	}{true, d.Roles, d.Until})
	if err != nil {
		panic(fmt.Sprintf("write down the roles of %s: %v", d.By.Login, err)) // texts and a time
	}
	return text
}
