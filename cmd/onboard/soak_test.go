package main

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/store/storetest"
)

// soakSize is how much is soaked: over 600 s it is 200 plugins and 5,200 acts.
type soakSize struct {
	seed     uint64
	seconds  int
	plugins  int
	acts     int // of each plugin
	replicas int
}

// TestSoak plays many onboardings at a time with the real program, undisturbed,
// and again while its processes are killed, frozen and stopped, GitHub fails and
// deliveries are lost, doubled and late. Nothing may be lost or done twice, no
// repository may be worked on twice at a time, and in the end both worlds must
// look the same. `make soak SECONDS=600` runs it for that long.
func TestSoak(t *testing.T) {
	seconds, err := strconv.Atoi(os.Getenv("SOAK_SECONDS"))
	if err != nil {
		t.Skip("it takes minutes: make soak SECONDS=60")
	}
	size := soakSize{seed: uint64(time.Now().UnixNano()) % 1_000_000, seconds: seconds, plugins: max(20, seconds/3), acts: 27, replicas: 1}
	if seed, err := strconv.ParseUint(os.Getenv("SOAK_SEED"), 10, 64); err == nil {
		size.seed = seed
	}
	t.Logf("SOAK_SEED=%d: %d plugins, PostgreSQL: %v", size.seed, size.plugins, storetest.OnPostgres())
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Duration(3*seconds+900)*time.Second, context.DeadlineExceeded)
	defer cancel()

	folder := soakFolder(t, size.seed)
	undisturbed := newSoakWorld(t, folder, "undisturbed", size, soakDatabase(t, folder, "undisturbed"))
	began := time.Now()
	undisturbed.play(ctx, 0)
	undisturbed.finish(ctx)
	t.Logf("undisturbed: %.0f s, %d calls of GitHub", time.Since(began).Seconds(), len(undisturbed.story.GitHub.Calls()))

	if storetest.OnPostgres() {
		size.replicas = 3
	}
	w := newSoakWorld(t, folder, "soak", size, soakDatabase(t, folder, "soak"))
	began = time.Now()
	c := &chaos{world: w, random: rand.New(rand.NewPCG(size.seed, 4))}
	end := c.start(ctx)
	acts := w.play(ctx, time.Duration(seconds)*time.Second*9/10)
	_ = pauseUntil(ctx, began.Add(time.Duration(seconds)*time.Second))
	end()
	require.NoError(t, c.err)
	played := time.Since(began)
	w.finish(ctx)

	same := w.equal(undisturbed)
	overlaps, doubles, lost := w.calls.overlaps(), w.doubles(), w.lost(ctx)
	for _, pair := range overlaps {
		t.Errorf("two runs of a repository at a time: %v and %v", pair[0], pair[1])
	}
	assert.Empty(t, doubles)
	assert.Empty(t, lost)
	t.Logf("SOAK_SEED=%d: %d events, %d deliveries, %d acknowledged, %d calls of GitHub, in %.0f + %.0f s; %v\n%d of %d plugins as undisturbed, %d lost, %d at once, %d done twice",
		size.seed, acts, len(w.story.GitHub.Deliveries()), len(w.balancer.acked), len(w.story.GitHub.Calls()), played.Seconds(), (time.Since(began) - played).Seconds(), c,
		same, len(w.plugins), len(lost), len(overlaps), len(doubles))
}

// soakDatabase is a new database: a file, or one on the PostgreSQL server that the
// tests were given.
func soakDatabase(t *testing.T, folder, name string) string {
	t.Helper()
	if storetest.OnPostgres() {
		return storetest.Postgres(t)
	}
	return "sqlite://" + filepath.Join(folder, name+".db")
}

// finish has everybody's last word: when all that was lost has been sent again,
// each author has Onboard look once more.
func (w *soakWorld) finish(ctx context.Context) {
	w.t.Helper()
	w.balancer.late.Wait()
	// The last look for what was lost may have been just before.
	storetest.Exec(w.t, w.config.Database.URL, `DELETE FROM setting WHERE name = 'sweep'`)
	for _, p := range w.processes { // at start it asks for what was lost
		p.end(syscall.SIGTERM)
		require.NoError(w.t, p.start())
	}
	w.calm(ctx)
	for _, p := range w.plugins {
		p.acts = []act{p.command("has it looked at once more", p.Alice, "/onboard recheck", "rocket", "confused")}
	}
	w.play(ctx, 0)
	w.calm(ctx)
}
