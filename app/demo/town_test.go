package demo

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// terminal hands on, once, the address that the demo says to open.
type terminal struct{ address chan string }

var opened = regexp.MustCompile(`Open (http://\S+) in`)

func (out terminal) Write(text []byte) (int, error) {
	if match := opened.FindSubmatch(text); match != nil {
		out.address <- string(match[1])
	}
	return len(text), nil
}

func TestTheDemoEndsWithABoardOnWhichEveryPluginStandsElsewhere(t *testing.T) {
	address := open(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/board.json", nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	var board struct {
		Columns []struct {
			Name  string
			Cards []struct{ Repository string }
		}
	}
	require.NoError(t, json.NewDecoder(response.Body).Decode(&board))
	require.NoError(t, response.Body.Close())

	columns := map[string]string{}
	for _, c := range board.Columns {
		for _, card := range c.Cards {
			_, name, _ := strings.Cut(card.Repository, "/mattermost-plugin-")
			columns[name] = c.Name
		}
	}
	assert.Equal(t, map[string]string{
		"hello": "complete", "handbook": "complete", "standup": "licence", "polls": "licence", "kudos": "nightly-build", "oncall": "basic-review",
		"retro": "complete-review", "translate": "qa", "calendar": "release", "incidents": "release-qa", "birthdays": "paused",
		"maps": "held", "dice": "withdrawn",
	}, columns)
}
