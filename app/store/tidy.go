package store

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// tidyEvery is how often what was written is moved from SQLite's side file into the
// database.
const tidyEvery = time.Second

// tidier moves what is in SQLite's side file into the database, on a connection of its
// own: beside who writes, who would else do so now and then within a commit, and hold
// up the answers to deliveries meanwhile. The writer does it all the same when the side
// file has 16 MB.
type tidier struct {
	mu      sync.Mutex // held while it is at work
	db      *sql.DB
	cancel  context.CancelFunc
	stopped chan struct{}
}

func tidy(path string) (*tidier, error) {
	db, err := openPool(path, "_pragma=busy_timeout(0)", 1)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	t := &tidier{db: db, cancel: cancel, stopped: make(chan struct{})}
	go t.run(ctx)
	return t, nil
}

func (t *tidier) run(ctx context.Context) {
	defer close(t.stopped)
	ticker := time.NewTicker(tidyEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			// What cannot be moved now, since somebody reads it, is moved the next time.
			t.mu.Lock()
			_, _ = t.db.ExecContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`)
			t.mu.Unlock()
		}
	}
}

// pause has it do nothing until go on is called: of two that tidy at a time, SQLite
// lets the second do nothing, and does not say so.
func (t *tidier) pause() (goOn func()) {
	if t == nil {
		return func() {}
	}
	t.mu.Lock()
	return t.mu.Unlock
}

// stop ends it; a store of another kind has none.
func (t *tidier) stop() error {
	if t == nil {
		return nil
	}
	t.cancel()
	<-t.stopped
	return t.db.Close()
}
