package queue_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/queue"
)

// journal is a log that several goroutines write and a test reads.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

// lines are the lines since the last time that was asked.
func (j *journal) lines(t *testing.T) (lines []map[string]any) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	for line := range strings.Lines(j.text.String()) {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &fields), line)
		lines = append(lines, fields)
	}
	j.text.Reset()
	return lines
}

// startLogged runs the queue with a log.
func (r *rig) startLogged(t *testing.T) *journal {
	t.Helper()
	j := &journal{}
	ctx, cancel := context.WithCancel(zerolog.New(j).WithContext(context.Background()))
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-ended)
	})
	return j
}

// levels lists the levels of the lines with a message.
func levels(lines []map[string]any, message string) (list []string) {
	for _, line := range lines {
		if line["message"] == message {
			list = append(list, fmt.Sprint(line["level"]))
		}
	}
	return list
}

func TestEachLineOfARunNamesItsKeyAndWhatCausedIt(t *testing.T) {
	r := newRig(t)
	broken := true
	r.handle = func(ctx context.Context, _, _ string) error {
		zerolog.Ctx(ctx).Info().Msg("handling")
		return nil
	}
	r.look = func(ctx context.Context, _ string) (time.Time, error) {
		zerolog.Ctx(ctx).Info().Msg("looking")
		if broken {
			return time.Time{}, errBroken
		}
		return time.Time{}, nil
	}
	r.schedule(t, "guid-1", "repo/1")
	r.schedule(t, "guid-2", "repo/1")
	j := r.startLogged(t)
	r.settle(t)
	lines := j.lines(t)
	broken = false
	r.clock.advance(time.Minute)
	r.Wake()
	r.settle(t)
	again := j.lines(t)
	require.NotEmpty(t, again, "the look that failed is tried again")
	assert.Equal(t, []string{"info", "info"}, levels(lines, "handling"))
	assert.Equal(t, []string{"info"}, levels(again, "looking"))
	assert.Equal(t, []string{"info"}, levels(again, "run ended"))
	handled := map[any]bool{}
	for _, line := range slices.Concat(lines, again) {
		assert.Equal(t, "repo/1", line["key"], "%v", line)
		assert.Equal(t, []any{"guid-2", "guid-1"}, line["deliveries"], "%v", line)
		assert.Equal(t, []any{"issue_comment"}, line["events"], "%v", line)
		if line["message"] == "handling" || line["message"] == "delivery handled" {
			handled[line["github_delivery_id"]] = true
			assert.Equal(t, "issue_comment", line["github_event_type"])
		}
		if line["message"] == "run ended" {
			assert.Contains(t, line, "took")
			assert.Contains(t, []any{"failed", "done"}, line["outcome"])
		}
	}
	assert.Equal(t, map[any]bool{"guid-1": true, "guid-2": true}, handled)
}

func TestAnOutageIsOneWarningAMinuteForEachHolder(t *testing.T) {
	r := newRig(t, func(o *queue.Options) {
		o.Holder = func(_ context.Context, key string) string { return "installation/" + key[len(key)-1:] }
	})
	away := true
	r.look = func(context.Context, string) (time.Time, error) {
		if away {
			return time.Time{}, outage{}
		}
		return time.Time{}, nil
	}
	for i := range 200 {
		require.NoError(t, r.Poke(t.Context(), fmt.Sprint("repo/", i))) // of ten installations
	}
	j := r.startLogged(t)
	r.settle(t)
	lines := j.lines(t)
	const held = "GitHub is unavailable, key held"
	want := slices.Concat(slices.Repeat([]string{"debug"}, 190), slices.Repeat([]string{"warn"}, 10))
	got := levels(lines, held)
	slices.Sort(got)
	assert.Equal(t, want, got)

	r.clock.advance(time.Minute)
	r.Wake()
	r.settle(t)
	got, silent := nil, 0.0
	for _, line := range j.lines(t) {
		if line["message"] == held && line["level"] == "warn" {
			got = append(got, fmt.Sprint(line["holder"]))
			silent += line["held_before"].(float64)
		}
	}
	slices.Sort(got)
	assert.Len(t, got, 10)
	assert.Equal(t, got, slices.Compact(got), "one for each")
	assert.InDelta(t, 190, silent, 0, "what was not told is counted")

	away = false
	r.clock.advance(10 * time.Minute)
	r.Wake()
	r.settle(t)
	for _, line := range j.lines(t) {
		assert.Equal(t, "debug", line["level"], "that all is well again is no news for each key: %v", line)
	}
}

func TestALookIsToldWhetherSomebodyAskedForIt(t *testing.T) {
	ended := notes{}
	r := newRig(t, func(o *queue.Options) {
		o.Ended = func(key, outcome string, _ time.Duration) { ended.add("%s %s", key, outcome) }
	})
	var unasked []bool
	r.look = func(ctx context.Context, _ string) (time.Time, error) {
		unasked = append(unasked, queue.Unasked(ctx))
		return r.clock.Now().Add(24 * time.Hour), nil
	}
	r.start(t)
	r.schedule(t, "guid-1", "repo/1")
	r.settle(t)
	require.NoError(t, r.Poke(t.Context(), "repo/1"))
	r.settle(t)
	assert.Equal(t, []bool{false, false}, unasked)
	r.clock.advance(24 * time.Hour)
	r.settle(t)
	assert.Equal(t, []bool{false, false, true}, unasked)
	r.alwaysFails()
	require.NoError(t, r.Poke(t.Context(), "repo/1"))
	r.settle(t)
	assert.Equal(t, []string{"repo/1 done", "repo/1 done", "repo/1 done", "repo/1 failed"}, ended.take())
}
