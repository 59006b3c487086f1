package ghapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/ghapi"
)

func TestATokenIsExchangedOnceAnHourForEachInstallation(t *testing.T) {
	const installations, atATime = 1000, 4
	synctest.Test(t, func(t *testing.T) {
		f, clients := newFar(t)
		everybodyReads := func() {
			var all sync.WaitGroup
			for i := range int64(installations * atATime) {
				all.Go(func() { assert.NoError(t, read(t, clients, 1+i%installations)) })
			}
			all.Wait()
		}
		for hour := 1; hour <= 2; hour++ {
			for range 3 { // within the hour
				everybodyReads()
				time.Sleep(19 * time.Minute)
			}
			require.Len(t, f.tokens, installations)
			for path, exchanges := range f.tokens {
				require.Equal(t, hour, exchanges, path)
			}
			time.Sleep(4 * time.Minute)
		}
		assert.Len(t, f.sent(), 2*3*installations*atATime)
	})
}

// limits are the ways in which GitHub says that a limit is reached, and for how
// long it is left alone then.
func limits() map[string]struct {
	answer reply
	pause  time.Duration
} {
	const secondary = `{"message":"You have exceeded a secondary rate limit.","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`
	header := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	reset := fmt.Sprint(time.Now().Add(40 * time.Minute).Unix())
	return map[string]struct {
		answer reply
		pause  time.Duration
	}{
		"the primary limit, 403":           {reply{403, header("X-RateLimit-Limit", "5000", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset), `{"message":"API rate limit exceeded"}`}, 40 * time.Minute},
		"the primary limit, 429":           {reply{429, header("X-RateLimit-Limit", "5000", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset), `{}`}, 40 * time.Minute},
		"a secondary limit, 403 and when":  {reply{403, header("Retry-After", "90"), secondary}, 90 * time.Second},
		"a secondary limit, 429 and when":  {reply{429, header("Retry-After", "90", "X-RateLimit-Remaining", "100", "X-RateLimit-Reset", reset), secondary}, 90 * time.Second},
		"a secondary limit, 403 alone":     {reply{403, header("X-RateLimit-Remaining", "4000"), secondary}, time.Minute},
		"a secondary limit, 429 alone":     {reply{429, nil, secondary}, time.Minute},
		"a limit that says nothing at all": {reply{429, nil, ``}, time.Minute},
	}
}

func TestALimitedInstallationHoldsOnlyItself(t *testing.T) {
	acts := map[string]func(*testing.T, *ghapi.Clients, int64) error{"a read": read, "a write": write}
	synctest.Test(t, func(t *testing.T) {
		for name := range limits() {
			for what, act := range acts {
				f, clients := newFar(t)
				limit := limits()[name]
				f.answer = func(c call) reply {
					if c.installation == "1" {
						return limit.answer
					}
					return found
				}
				until := time.Now().Add(limit.pause)
				var away *ghapi.UnavailableError
				require.ErrorAs(t, act(t, clients, 1), &away, "%s: %s", name, what)
				require.WithinDuration(t, until, away.RetryAt, time.Second, "%s: %s", name, what)
				require.Len(t, f.sent(), 1, "%s: %s is not tried again", name, what)

				time.Sleep(limit.pause / 2)
				require.ErrorAs(t, read(t, clients, 1), &away, name)
				require.WithinDuration(t, until, away.RetryAt, time.Second, name)
				require.ErrorAs(t, write(t, clients, 1), &away, name)
				require.Empty(t, f.sent(), "%s: nothing is asked before", name)
				require.NoError(t, read(t, clients, 2))
				require.NoError(t, write(t, clients, 2))
				require.Len(t, f.sent(), 2, "%s: the other goes on", name)

				time.Sleep(limit.pause/2 + time.Second)
				f.answer = func(call) reply { return found }
				require.NoError(t, act(t, clients, 1), "%s: %s", name, what)
			}
		}
	})
}

func TestAPermissionThatIsMissingIsNoLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, clients := newFar(t)
		f.answer = func(call) reply {
			return reply{403, http.Header{"X-Ratelimit-Remaining": {"4000"}}, `{"message":"Must have admin rights to Repository."}`}
		}
		for range 2 {
			var away *ghapi.UnavailableError
			err := read(t, clients, 1)
			require.ErrorContains(t, err, "admin rights")
			require.NotErrorAs(t, err, &away)
		}
		assert.Len(t, f.sent(), 2)
	})
}

func TestLimitsThatNameNoTimeAreLeftAloneLongerEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, clients := newFar(t)
		limited := func(call) reply { return reply{429, nil, ""} }
		var away *ghapi.UnavailableError
		for _, want := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, time.Hour, time.Hour} {
			f.answer = limited
			require.Error(t, read(t, clients, 1))
			require.ErrorAs(t, read(t, clients, 1), &away)
			require.WithinDuration(t, time.Now().Add(want), away.RetryAt, time.Second)
			time.Sleep(want)
		}
		f.answer = func(call) reply { return found }
		require.NoError(t, read(t, clients, 1))
		f.answer = limited
		require.Error(t, read(t, clients, 1))
		require.ErrorAs(t, read(t, clients, 1), &away)
		assert.WithinDuration(t, time.Now().Add(time.Minute), away.RetryAt, time.Second, "and begin anew")
	})
}

func TestReadsAreTriedAgainAndWritesAreNot(t *testing.T) {
	no := reply{}
	for name, test := range map[string]struct {
		answers []reply // in turn; then it is found
		calls   int
		fails   bool
	}{
		"one 502":              {[]reply{{status: 502}}, 2, false},
		"500 and 503":          {[]reply{{status: 500}, {status: 503}}, 3, false},
		"no answer, then one":  {[]reply{no}, 2, false},
		"failing all the time": {[]reply{{status: 502}, no, {status: 502}, {status: 502}}, 3, true},
		"gone":                 {[]reply{{status: 404}}, 1, false},
		"refused":              {[]reply{{status: 422}}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, clients := newFar(t)
				answers := test.answers
				f.answer = func(call) reply {
					if len(answers) == 0 {
						return found
					}
					next := answers[0]
					answers = answers[1:]
					return next
				}
				began := time.Now()
				err := read(t, clients, 1)
				assert.Equal(t, test.fails, err != nil, "%v", err)
				assert.Len(t, f.sent(), test.calls)
				assert.Less(t, time.Since(began), 3*time.Second)

				answers = test.answers
				assert.Equal(t, name != "gone", write(t, clients, 1) != nil, "nothing is left to react to")
				posts := slices.DeleteFunc(f.sent(), func(sent string) bool { return !strings.HasPrefix(sent, http.MethodPost) })
				assert.Len(t, posts, 1, "a write is sent once")

				answers = test.answers
				assert.Equal(t, test.fails, clients.DeliverAgain(t.Context(), ghapi.Delivery{ID: 1}) != nil)
				assert.Len(t, f.sent(), test.calls, "but one that may be done twice")
			})
		})
	}
}

func TestNobodyWaitsLongerForAnotherTryThanTheLookLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, clients := newFar(t, func(o *ghapi.Options) { o.Backoff = time.Minute })
		f.answer = func(call) reply { return reply{status: 502} }
		repo, err := clients.Repo(1, "alice", "plugin")
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began := time.Now()
		_, err = repo.HasIssue(ctx, 1)
		require.ErrorContains(t, err, "502", "GitHub's own words, not that the time is over")
		assert.Zero(t, time.Since(began))
		assert.Len(t, f.sent(), 1)
	})
}

func TestInAnOutageNothingIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, clients := newFar(t)
		f.answer = func(call) reply { return reply{status: 502} }
		require.Error(t, read(t, clients, 1))
		assert.Len(t, f.sent(), 3)
		time.Sleep(time.Minute)
		require.Error(t, read(t, clients, 1))
		assert.Len(t, f.sent(), 1)
		f.answer = func(call) reply { return found }
		require.NoError(t, read(t, clients, 1))
	})
}

func TestWhatWasMadeAMomentAgoIsLookedForAgain(t *testing.T) {
	const api = "https://github.test/repos/alice/plugin"
	for name, test := range map[string]struct {
		made, read string
		after      time.Duration
		calls      int
	}{
		"a pull request":                {"/pulls/7", "/pulls/7", 0, 3},
		"what belongs to it":            {"/pulls/7", "/pulls/7/files", 0, 3},
		"another one":                   {"/pulls/7", "/pulls/70", 0, 1},
		"a branch":                      {"/git/refs/heads/onboarding/review", "/branches/onboarding/review", 0, 3},
		"a branch, as a ref":            {"/git/refs/heads/onboarding/review", "/git/ref/heads/onboarding/review", 0, 3},
		"a commit":                      {"/git/commits/abc", "/commits/abc", 0, 3},
		"a pull request, half a minute": {"/pulls/7", "/pulls/7", 30 * time.Second, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, clients := newFar(t)
				f.answer = func(c call) reply {
					if c.method == http.MethodPost {
						return reply{201, nil, fmt.Sprintf(`{"url":%q,"content":"eyes"}`, api+test.made)}
					}
					return reply{404, nil, `{"message":"Not Found"}`}
				}
				require.NoError(t, write(t, clients, 1))
				time.Sleep(test.after)
				f.sent()
				client, err := clients.ClientOf(1)
				require.NoError(t, err)
				request, err := client.NewRequest(http.MethodGet, api+test.read, nil)
				require.NoError(t, err)
				_, err = client.Do(t.Context(), request, nil)
				require.ErrorContains(t, err, "404")
				assert.Len(t, f.sent(), test.calls)
			})
		})
	}
}

func TestReplicasShareWhatMayBeWritten(t *testing.T) {
	for replicas, most := range map[int]int{0: 60, 1: 60, 3: 20, 100: 1} {
		synctest.Test(t, func(t *testing.T) {
			f, clients := newFar(t, func(o *ghapi.Options) { o.Burst, o.PerSecond, o.Replicas = 60, 1, replicas })
			f.answer = func(call) reply { return reply{201, nil, `{}`} }
			var err error
			for err == nil {
				err = write(t, clients, 1)
			}
			var away *ghapi.UnavailableError
			require.ErrorAs(t, err, &away)
			assert.Len(t, f.sent(), most)
			require.NoError(t, write(t, clients, 2), "each installation by itself")
			f.sent()
			time.Sleep(time.Minute)
			for err = nil; err == nil; {
				err = write(t, clients, 1)
			}
			want := min(most, 60/max(1, replicas))
			assert.InDelta(t, want, len(f.sent()), 1)
		})
	}
}

func TestTheBudgetIsThatOfTheLastAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, clients := newFar(t)
		left := 5000
		reset := time.Now().Add(50 * time.Minute)
		f.answer = func(call) reply {
			return reply{200, http.Header{
				"X-Ratelimit-Limit": {"5000"}, "X-Ratelimit-Remaining": {fmt.Sprint(left)}, "X-Ratelimit-Reset": {fmt.Sprint(reset.Unix())}, "X-Ratelimit-Resource": {"core"},
			}, `{}`}
		}
		assert.Empty(t, clients.Budgets())
		assert.Zero(t, clients.Saving(1))
		require.NoError(t, read(t, clients, 1))
		left = 499
		require.NoError(t, read(t, clients, 2))
		assert.Equal(t, []ghapi.Budget{
			{Installation: 2, Resource: "core", Limit: 5000, Remaining: 499, Reset: reset.Local()},
			{Installation: 1, Resource: "core", Limit: 5000, Remaining: 5000, Reset: reset.Local()},
		}, clients.Budgets())
		assert.Zero(t, clients.Saving(1))
		assert.Equal(t, 50*time.Minute, clients.Saving(2).Round(time.Second))
		left = 700
		require.NoError(t, read(t, clients, 2))
		assert.NotZero(t, clients.Saving(2), "an answer that another overtook")
		time.Sleep(51 * time.Minute)
		assert.Zero(t, clients.Saving(2))
		assert.Empty(t, clients.Budgets())
	})
}

func TestAttackNoTokenIsInWhatTheTransportSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, clients := newFar(t)
		f.answer = func(call) reply { return reply{} } // its error quotes the request's header
		for _, err := range []error{read(t, clients, 1), write(t, clients, 1)} {
			require.ErrorContains(t, err, "the connection of token ghs_********")
		}
	})
	const link = `Get "https://codeload.test/o/r/legacy.tar.gz/refs?x=1&token=AAAABBBB": EOF`
	assert.Equal(t, `Get "https://codeload.test/o/r/legacy.tar.gz/refs?x=1&token=********": EOF`, ghapi.Redact(link))
	assert.NotContains(t, ghapi.Redact("https://objects.test/f?X-Amz-Signature=0123&sig=4567 and more"), "0123")
	assert.NotContains(t, errors.New(ghapi.Redact("?jwt=secret")).Error(), "secret")
}

func TestAnAnswerIsAskedForAgainByItsTagAndByTheTokenThatGotIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, clients := newFar(t)
		var asked []string
		f.answer = func(c call) reply {
			asked = append(asked, c.installation+" "+c.match)
			header := http.Header{"Etag": {`"` + c.installation + `"`}, "Vary": {"Accept, Authorization"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}}
			if c.match != "" {
				return reply{http.StatusNotModified, header, ""}
			}
			return reply{http.StatusOK, header, `{"number":1}`}
		}
		for range 2 {
			require.NoError(t, read(t, clients, 1))
			require.NoError(t, read(t, clients, 2))
		}
		assert.Equal(t, []string{"1 ", "2 ", `1 "1"`, `2 "2"`}, asked, "each by its own tag, and always")
		asked = nil
		clients.Forget(1) // a new token
		f.renewed = "b"
		require.NoError(t, read(t, clients, 1))
		require.NoError(t, read(t, clients, 1))
		assert.Equal(t, []string{"1b ", `1b "1b"`}, asked, "GitHub's tags depend on the token")
	})
}
