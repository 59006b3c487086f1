package ghapi

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// How long answers about people hold: what lets somebody in, and what keeps
// somebody out, which people try to mend at once.
const (
	keepYes = 5 * time.Minute
	keepNo  = time.Minute

	// keepLogin is for a login that is whose it was, also by another process's or a
	// former one's word. Whoever claims the login meanwhile gets nothing by it: people
	// count by the id that was kept (S10).
	keepLogin = time.Hour
)

// maxAsking ends a question to GitHub that nobody may wait for any more.
const maxAsking = time.Minute

// kept keeps answers of GitHub's, one for each key, and asks once for all who
// want to know it at the same time. Keys come from the configuration alone: that
// bounds it.
type kept[T any] struct {
	now    func() time.Time
	asking singleflight.Group

	mu         sync.Mutex
	answers    map[string]known[T]
	generation int // one more whenever something is forgotten
}

type known[T any] struct {
	value T
	err   error // a *RoleError: other failures are not kept
	at    time.Time
}

func newKept[T any](now func() time.Time) *kept[T] {
	return &kept[T]{now: now, answers: map[string]known[T]{}}
}

// get returns the answer to a key if it is younger than age, and otherwise asks.
func (k *kept[T]) get(ctx context.Context, key string, age time.Duration, ask func(context.Context) (T, error)) (T, error) {
	k.mu.Lock()
	have, ok := k.answers[key]
	generation := k.generation
	k.mu.Unlock()
	if have.err != nil {
		age = keepNo
	}
	if old := k.now().Sub(have.at); ok && old >= 0 && old < age {
		return have.value, have.err
	}
	// Who asks first may give up before the others do.
	asked := k.asking.DoChan(fmt.Sprint(generation, " ", key), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), maxAsking)
		defer cancel()
		answer := known[T]{at: k.now()} // when it was asked: it may be that old
		answer.value, answer.err = careful(ctx, ask)
		k.keep(key, generation, answer)
		return answer.value, answer.err
	})
	select {
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	case answer := <-asked:
		return answer.Val.(T), answer.Err
	}
}

// has tells whether there is an answer to a key that is younger than age.
func (k *kept[T]) has(key string, age time.Duration) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	have, ok := k.answers[key]
	old := k.now().Sub(have.at)
	return ok && old >= 0 && old < age
}

// learn keeps an answer that somebody else got at a time, unless there is a later one.
func (k *kept[T]) learn(key string, value T, at time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if have, ok := k.answers[key]; !ok || have.at.Before(at) {
		k.answers[key] = known[T]{value: value, at: at}
	}
}

// careful asks, and makes a panic an error: in a goroutine of its own it would
// end the process. ghinstallation panics when a token is answered with null.
func careful[T any](ctx context.Context, ask func(context.Context) (T, error)) (value T, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("read GitHub's answer: %v", broken)
		}
	}()
	return ask(ctx)
}

// keep keeps an answer, unless it is a passing failure, or something was
// forgotten since it was asked for.
func (k *kept[T]) keep(key string, generation int, answer known[T]) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var lasting *RoleError
	switch {
	case generation != k.generation:
	case answer.err == nil, errors.As(answer.err, &lasting):
		k.answers[key] = answer
	default:
		delete(k.answers, key)
	}
}

// forget drops the answers to some keys.
func (k *kept[T]) forget(which func(key string) bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.generation++
	maps.DeleteFunc(k.answers, func(key string, _ known[T]) bool { return which(key) })
}
