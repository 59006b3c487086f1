// Package deploy has on the servers what is wanted there. What is wanted of a
// plugin on a server is one row of the record, written by looks, commands and
// operators; a run of its key brings the server there. Runs are the queue's: one at
// a time for each row, tried again, and begun anew after a crash.
package deploy

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

// Outside begins the keys of all that is done on servers: whoever runs them holds
// their tokens (S20).
const Outside = "server/"

// Prefix begins the keys of deployments: "server/deploy/ci-extensions/com.example.hello".
const Prefix = Outside + "deploy/"

// Housekeeping is the key of deleting bundles that nothing needs.
const Housekeeping = Prefix + "housekeeping"

// Key is the queue's key of a plugin on a server.
func Key(target, plugin string) string { return Prefix + target + "/" + plugin }

// parts are the target and the plugin of a key.
func parts(key string) (target, plugin string, ok bool) {
	rest, ok := strings.CutPrefix(key, Prefix)
	target, plugin, found := strings.Cut(rest, "/")
	return target, plugin, ok && found
}

// Wanted is what is wanted of a plugin on a server. The zero value wants nothing:
// what is there stays.
type Wanted struct {
	SHA256  string    `json:"sha256,omitempty"`  // of the bundle that is to run; "" if none is
	URL     string    `json:"url,omitempty"`     // where it can be had; "" if it is kept already
	Commit  string    `json:"commit,omitempty"`  // that it is said to be made of
	Remove  bool      `json:"remove,omitempty"`  // the plugin is to be taken away
	By      string    `json:"by,omitempty"`      // who asked, for people; "": nobody, a gate is green
	Asked   time.Time `json:"asked,omitzero"`    // when: who asks again wants it done again
	Halted  string    `json:"halted,omitempty"`  // why nothing is deployed for the present
	Refused bool      `json:"refused,omitempty"` // it is halted since an admin had what is offered rolled back
	Offered string    `json:"offered,omitempty"` // the bundle that may be deployed, once somebody asks

	TakeOver bool   `json:"take_over,omitempty"` // see mattermost.How
	Again    bool   `json:"again,omitempty"`
	Instead  string `json:"instead,omitempty"` // of the bundle in whose place the one before is put back; "" if nothing is
}

// Result is what came of what was wanted, for pages and operators. Nothing of it is
// in a server's words.
type Result struct {
	At      time.Time          `json:"at"`
	Wish    int64              `json:"wish"`    // the wish that it is about
	Outcome mattermost.Outcome `json:"outcome"` // "removed", too
	Version string             `json:"version,omitempty"`
	SHA256  string             `json:"sha256,omitempty"`
	Commit  string             `json:"commit,omitempty"` // that the bundle is said to be made of
	GitHub  int64              `json:"github,omitempty"` // id of the deployment that GitHub shows; 0 if it is not known
	Began   string             `json:"began,omitempty"`  // the bundle of which it was tried to show that its deployment begins
	Shown   string             `json:"shown,omitempty"`  // what GitHub shows of it: a state and the SHA256
	Before  string             `json:"before,omitempty"` // the version that was there
	Reason  mattermost.Reason  `json:"reason,omitempty"` // why it was not done
	Why     string             `json:"why,omitempty"`    // in a sentence
	Next    string             `json:"next,omitempty"`   // what to do about it
	Changed time.Time          `json:"changed,omitzero"` // when something was last changed on the server
	Put     time.Time          `json:"put,omitzero"`     // when what runs there was put there
	Running texts.Bundle       `json:"running,omitzero"` // what was seen to run there last
	Earlier texts.Bundle       `json:"earlier,omitzero"` // what ran before that, and can be put back
}

// Removed is the outcome of a plugin that was taken away.
const Removed mattermost.Outcome = "removed"

// Waits is the outcome while something is waited for, which Why names.
const Waits mattermost.Outcome = "waits"

// Standing is a row of the record, read.
type Standing struct {
	Target, Plugin string
	Repository     int64 // 0: an operator's, of no onboarding
	Wish, Settled  int64
	Wanted         Wanted
	Record         mattermost.Record
	Result         Result
}

// Read reads a row.
func Read(d store.Deployment) (s Standing, err error) {
	s = Standing{Target: d.Target, Plugin: d.Plugin, Repository: d.Repository, Wish: d.Wish, Settled: d.Settled}
	for _, part := range []struct {
		text string
		into any
	}{{d.Wanted, &s.Wanted}, {d.Record, &s.Record}, {d.Result, &s.Result}} {
		if part.text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(part.text), part.into); err != nil {
			return Standing{}, fmt.Errorf("read the deployment of %q to %s: %w", d.Plugin, d.Target, err)
		}
	}
	return s, nil
}

// Want puts on record what is wanted, within a transaction, and returns the number
// of the wish, and whether something is still to be done about it.
func Want(ctx context.Context, tx *sql.Tx, target, plugin string, repository int64, w Wanted, anew bool) (wish int64, open bool, err error) {
	text, err := json.Marshal(w)
	if err != nil {
		return 0, false, fmt.Errorf("write down what is wanted of %q on %s: %w", plugin, target, err)
	}
	return store.WantDeployment(ctx, tx, target, plugin, repository, string(text), anew)
}

// Run has a key of the queue run, within a transaction: queue.Want.
type Run func(ctx context.Context, tx *sql.Tx, key string, now time.Time) error

// Order puts on record what somebody wants now, even if it is the same as before,
// and has its key run by way of run, which is queue.Want.
func Order(ctx context.Context, s *store.Store, target, plugin string, w Wanted, run Run, now time.Time) (wish int64, err error) {
	err = s.Write(ctx, fmt.Sprintf("record what is wanted of %q on %s", plugin, target), func(ctx context.Context, tx *sql.Tx) error {
		if wish, _, err = Want(ctx, tx, target, plugin, 0, w, true); err != nil {
			return err
		}
		return run(ctx, tx, Key(target, plugin), now)
	})
	return wish, err
}

// Records are the store as app/mattermost needs it.
type Records struct{ Store *store.Store }

// DeploymentRecord implements [mattermost.Records].
func (r Records) DeploymentRecord(ctx context.Context, target, plugin string) (mattermost.Record, error) {
	row, _, err := r.Store.Deployment(ctx, target, plugin)
	if err != nil {
		return mattermost.Record{}, err
	}
	s, err := Read(row)
	return s.Record, err
}

// SaveDeploymentRecord implements [mattermost.Records].
func (r Records) SaveDeploymentRecord(ctx context.Context, target, plugin string, record mattermost.Record) error {
	text, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("write down what is put on %s of %q: %w", target, plugin, err)
	}
	return r.Store.SaveDeploymentRecord(ctx, target, plugin, string(text))
}
