// Package chat says on Mattermost what happens in onboardings: one post about each,
// edited in place, and the news in its thread. What is to be said is put on record by
// looks; a key of the queue's own says it, so that no look waits for a server.
package chat

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/store"
)

// Prefix begins the keys of what is to be said about a repository; 0 is about none.
const Prefix = "server/chat/"

// Key is the queue's key of what is to be said about a repository in a channel: the
// one of all, or that of a target.
func Key(repository int64, target string) string {
	key := Prefix + strconv.FormatInt(repository, 10)
	if target != "" {
		key += "/" + target
	}
	return key
}

// TargetOf is the target whose channel a key is about; "" for that of all.
func TargetOf(key string) string {
	_, target := parts(key)
	return target
}

// parts are the repository's number and the target of a key.
func parts(key string) (repository, target string) {
	repository, target, _ = strings.Cut(strings.TrimPrefix(key, Prefix), "/")
	return repository, target
}

// Run has a key of the queue run, within a transaction: queue.Want.
type Run func(ctx context.Context, tx *sql.Tx, key string, now time.Time) error

// Keeper puts on record what is to be said, in any process.
type Keeper struct {
	Store   *store.Store
	Run     Run
	Now     func() time.Time
	All     bool     // there is a channel of all
	Targets []string // gates with a channel of their own, in which what is about them is said, too
}

// stale is how old what happened may be to be told: who turns chat on is not told the
// history.
const stale = 24 * time.Hour

// has tells whether there is a channel of a target, "" being that of all.
func (k *Keeper) has(target string) bool {
	if target == "" {
		return k.All
	}
	return slices.Contains(k.Targets, target)
}

// channels are the notices as they are said in each channel.
func (k *Keeper) channels(notices []store.Notice) (list []store.Notice) {
	for _, n := range notices {
		target := n.Target
		if n.Target = ""; k.All {
			list = append(list, n)
		}
		if target != "" && k.has(target) {
			n.Target, n.Name = target, "at/"+target+"/"+n.Name
			list = append(list, n)
		}
	}
	return list
}

// Keep puts on record what the post about a repository should say, and the notices
// that are not there yet.
func (k *Keeper) Keep(ctx context.Context, repository int64, text string, notices []store.Notice) error {
	if !k.All {
		text = ""
	}
	notices = k.channels(notices)
	return k.Store.Write(ctx, "record what is to be said in chat", func(ctx context.Context, tx *sql.Tx) error {
		now := k.Now()
		open, err := store.SaveChat(ctx, tx, repository, text, notices, now, now.Add(-stale))
		for _, target := range open {
			if k.has(target) { // else it has no channel any more
				err = errors.Join(err, k.Run(ctx, tx, Key(repository, target), now))
			}
		}
		return err
	})
}

// Channel is where something is said: of all that happens, or of one target. It is safe
// for concurrent use; of one key there must be one run at a time.
type Channel struct {
	Store  *store.Store
	Target string // "" for that of all
	Server *mattermost.Server
	ID     string        // of the channel; "" if Hook is used
	Hook   func() string // URL of an incoming webhook, which cannot edit and thread; nil if there is none
	Now    func() time.Time
	pace   *rate.Limiter
}

// Pauses of what is tried again though nothing happens, and how much is said at once.
const (
	back  = 30 * time.Second // until the server is back
	setUp = time.Hour        // until somebody mends the server's settings
	batch = 10               // notices of one repository
	pause = time.Minute      // between two batches
	burst = 20               // posts of all repositories, and then one a second
)

// Open makes the channel ready.
func (c *Channel) Open() *Channel {
	c.pace = rate.NewLimiter(rate.Every(time.Second), burst)
	return c
}

// errPace says that enough was said for now.
type errPace struct{ wait time.Duration }

func (e errPace) Error() string { return "enough was said for now" }

// Look says what is to be said about a repository. Next is when to try again, zero
// for not until there is something else.
func (c *Channel) Look(ctx context.Context, key string) (next time.Time, err error) {
	number, _ := parts(key)
	repository, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("look at %q: no such key", key)
	}
	post, notices, err := c.Store.Chat(ctx, repository, c.Target, batch)
	if err != nil {
		return time.Time{}, err
	}
	s := sending{Channel: c, repository: repository, post: post}
	if err = s.all(ctx, notices); err == nil {
		if len(notices) == batch {
			return c.Now().Add(pause), nil
		}
		return time.Time{}, nil
	}
	return c.again(ctx, err)
}

// again decides when to try again. A server that is away is nobody's failure.
func (c *Channel) again(ctx context.Context, cause error) (time.Time, error) {
	if enough, is := cause.(errPace); is { //nolint:errorlint // it is wrapped by nobody
		return c.Now().Add(enough.wait), nil
	}
	switch mattermost.ReasonOf(cause) {
	case "":
		return time.Time{}, cause
	case mattermost.Unavailable:
		zerolog.Ctx(ctx).Warn().Err(cause).Msg("what is to be said in chat waits")
		return c.Now().Add(back), nil
	}
	zerolog.Ctx(ctx).Error().Err(cause).Msg("nothing can be said in chat")
	return c.Now().Add(setUp), nil
}

// sending is one run.
type sending struct {
	*Channel
	repository int64
	post       store.ChatPost
}

func (s *sending) all(ctx context.Context, notices []store.Notice) error {
	if s.ID != "" && s.post.Text != "" {
		if err := s.keepPost(ctx); err != nil {
			return err
		}
	}
	for _, n := range notices {
		if err := s.send(ctx, n); err != nil {
			return err
		}
	}
	if s.ID == "" && s.post.Text != s.post.Shown { // a webhook has no such post
		return s.Store.ChatPostShown(ctx, s.repository, "", s.post.Text)
	}
	return nil
}

// name tells a message from all others in the channel.
func (s *sending) name(notice string) string { return fmt.Sprintf("%d/%s", s.repository, notice) }

// keepPost has the post about the repository say what it should. One that was deleted
// is made anew.
func (s *sending) keepPost(ctx context.Context) error {
	if s.post.Post != "" {
		if s.post.Shown == s.post.Text {
			return nil
		}
		if err := s.wait(); err != nil {
			return err
		}
		gone, err := s.Server.Edit(ctx, s.post.Post, s.post.Text)
		if err != nil {
			return err
		}
		if !gone {
			return s.shown(ctx, s.post.Post)
		}
		s.post.Tried = time.Time{}
	}
	id, err := s.say(ctx, mattermost.Message{Name: s.name("post"), Text: s.post.Text}, s.post.Tried, func() error {
		return s.Store.ChatPostTried(ctx, s.repository, s.Now())
	})
	if err != nil {
		return err
	}
	s.post.Post = id
	return s.shown(ctx, id)
}

func (s *sending) shown(ctx context.Context, id string) error {
	return s.Store.ChatPostShown(ctx, s.repository, id, s.post.Text)
}

// send sends one notice.
func (s *sending) send(ctx context.Context, n store.Notice) error {
	tried := func() error { return s.Store.NoticeTried(ctx, s.repository, n.Name, s.Now()) }
	var err error
	if s.ID == "" {
		if err = s.wait(); err == nil {
			err = s.Server.Hook(ctx, s.Hook(), n.Text)
		}
	} else {
		_, err = s.say(ctx, mattermost.Message{Root: s.post.Post, Name: s.name(n.Name), Text: n.Text}, n.Tried, tried)
	}
	if mattermost.ReasonOf(err) == mattermost.Refused && s.post.Post != "" { // the thread is gone: the next run begins another
		if err := s.Store.ChatPostShown(ctx, s.repository, "", ""); err != nil {
			return err
		}
		return errPace{time.Second}
	}
	if err != nil {
		return err
	}
	return s.Store.NoticeSent(ctx, s.repository, n.Name, s.Now())
}

// skew is how far the server's clock may be from ours.
const skew = 5 * time.Minute

// say posts a message once: it notes that it tries before it does, and looks for it if
// it was tried before, so that neither a lost answer nor a killed process says it
// twice.
func (s *sending) say(ctx context.Context, m mattermost.Message, before time.Time, note func() error) (id string, err error) {
	m.Channel = s.ID
	if !before.IsZero() {
		if id, err = s.Server.Find(ctx, m.Channel, m.Name, before.Add(-skew)); err != nil || id != "" {
			return id, err
		}
	}
	if err = s.wait(); err != nil {
		return "", err
	}
	if before.IsZero() {
		if err = note(); err != nil {
			return "", err
		}
	}
	return s.Server.Say(ctx, m)
}

// wait lets no more through than the channel should get.
func (s *sending) wait() error {
	if r := s.pace.Reserve(); r.Delay() > 0 {
		wait := r.Delay()
		r.Cancel()
		return errPace{wait}
	}
	return nil
}
