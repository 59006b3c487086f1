package app_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
)

// board is what everybody sees on the board: where each plugin is.
func (w *world) board() map[string]onboarding.Turn {
	w.t.Helper()
	status, body := w.get("/board.json")
	require.Equal(w.t, http.StatusOK, status, body)
	var board struct {
		Columns []struct {
			Cards []struct {
				Repository string
				Next       onboarding.Turn
			}
		}
	}
	require.NoError(w.t, json.Unmarshal([]byte(body), &board))
	turns := map[string]onboarding.Turn{}
	for _, column := range board.Columns {
		for _, card := range column.Cards {
			turns[card.Repository] = card.Next
		}
	}
	return turns
}

func TestTheBoardShowsAtOnceWhoseTurnItIs(t *testing.T) {
	w, person := underReview(t)
	name := w.Plugin.FullName()
	assert.Equal(t, map[string]onboarding.Turn{name: {Party: onboarding.Author, Stage: "nightly-build"}}, w.board())
	w.publishNightly()
	w.settle()
	assert.Equal(t, map[string]onboarding.Turn{name: {Party: "core-committer", Stage: "basic-review"}}, w.board())
	w.say(person["ada"], "/onboard pause")
	assert.Equal(t, map[string]onboarding.Turn{name: {}}, w.board())

	w.Plugin.Rename(w.Alice, "mattermost-plugin-renamed")
	w.settle()
	w.say(person["ada"], "/onboard resume")
	assert.Contains(t, w.board(), w.Plugin.FullName())
	assert.NotContains(t, w.board(), name)
}

func TestTheBoardShowsWhatIsNotPublished(t *testing.T) {
	w := newWorld(t, func(c *app.Config) { c.Mode = app.ModeObserve })
	w.say(w.Alice, "/onboard")
	assert.Equal(t, map[string]onboarding.Turn{w.Plugin.FullName(): {Party: onboarding.Author, Stage: "licence"}}, w.board())
}

func TestAttackARepositoryThatIsHiddenLeavesTheBoardAtOnceEvenWhileGitHubIsAway(t *testing.T) {
	for name, hide := range map[string]func(*world){
		"private": func(w *world) { w.Plugin.SetPrivate(w.Alice, true) },
		"deleted": func(w *world) { w.Plugin.Delete(w.Alice) },
	} {
		for how, away := range map[string]bool{"GitHub answers": false, "GitHub is away": true} {
			t.Run(name+", "+how, func(t *testing.T) {
				w, _ := underReview(t)
				require.Contains(t, w.board(), w.Plugin.FullName())
				if away {
					w.GitHub.Inject(fakegithub.Fault{Status: http.StatusServiceUnavailable})
				}
				hide(w)
				w.settle()
				assert.Empty(t, w.board())
			})
		}
	}
}

func TestARepositoryThatIsPublicAgainIsOnTheBoardAgain(t *testing.T) {
	w, _ := underReview(t)
	w.Plugin.SetPrivate(w.Alice, true)
	w.settle()
	w.Plugin.SetPrivate(w.Alice, false)
	w.settle()
	assert.Contains(t, w.board(), w.Plugin.FullName())
}
