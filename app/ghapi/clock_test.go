package ghapi

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestGitHubsClockIsKnownToASecondWhateverOursSays(t *testing.T) {
	rapid.Check(t, func(p *rapid.T) {
		var c githubClock
		truth := time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)
		off := time.Duration(0)
		for range rapid.IntRange(1, 20).Draw(p, "answers") {
			truth = truth.Add(time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(p, "later")))
			if rapid.Bool().Draw(p, "our clock is set") {
				off = time.Duration(rapid.Int64Range(-int64(time.Hour), int64(time.Hour)).Draw(p, "off"))
			}
			took := time.Duration(rapid.Int64Range(0, int64(soonCame)-1).Draw(p, "took"))
			response := &http.Response{Header: http.Header{"Date": {truth.Format(http.TimeFormat)}}}
			truth = truth.Add(took)
			c.note(response, truth.Add(off-took), truth.Add(off))
			wrong := c.at(truth.Add(off)).Sub(truth)
			assert.LessOrEqual(p, wrong.Abs(), clockJump)
		}
	})
}

func TestAnAnswerThatComesLateSetsNoClockBack(t *testing.T) {
	var c githubClock
	now := time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)
	response := &http.Response{Header: http.Header{"Date": {now.Format(http.TimeFormat)}}}
	c.note(response, now, now)
	c.note(response, now, now.Add(10*time.Second))
	assert.Equal(t, now.Add(time.Minute), c.at(now.Add(time.Minute)))
	c.note(&http.Response{Header: http.Header{}}, now, now)
	assert.Equal(t, now, c.at(now), "who does not say changes nothing")
}
