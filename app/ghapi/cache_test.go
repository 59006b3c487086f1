package ghapi

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTheAnswersThatAreKeptAreBounded(t *testing.T) {
	kept := newAnswers()
	one, other := cacheOf{kept, "1"}, cacheOf{kept, "2"}
	answer := make([]byte, maxAnswer)
	for i := range 2 * maxAnswers / maxAnswer {
		one.Set(fmt.Sprint(i), answer)
		one.Set(fmt.Sprint(i), answer) // again
		assert.LessOrEqual(t, kept.bytes, maxAnswers)
	}
	_, oldest := one.Get("0")
	_, newest := one.Get(fmt.Sprint(2*maxAnswers/maxAnswer - 1))
	assert.Equal(t, []bool{false, true}, []bool{oldest, newest}, "the oldest go")
	one.Set("large", make([]byte, maxAnswer+1))
	_, large := one.Get("large")
	assert.False(t, large)

	one.Set("x", []byte("one"))
	_, ok := other.Get("x")
	assert.False(t, ok, "each installation has its own")
	one.Delete("x")
	_, ok = one.Get("x")
	assert.False(t, ok)
	for _, key := range kept.lru.Keys() {
		kept.lru.Remove(key)
	}
	assert.Zero(t, kept.bytes)
}
