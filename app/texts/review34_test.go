package texts

// Findings of review34: each test says what should hold, and fails.

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/onboard-app/onboard/app/onboarding"
)

// R34: a long text is cut inside <details>, so that what says so is folded away,
// and the end (which commit is shown) is lost; and `onboard check` prints none of it.
func TestReview34APRTextThatIsCutIsSound(t *testing.T) {
	pull := &Pull{Branch: "main", Source: strings.Repeat("a", 40), Template: "acme/starter"}
	for i := range 150 {
		pull.Modified = append(pull.Modified, PulledFile{Path: fmt.Sprintf("server/%s/%03d.go", strings.Repeat("x", 250), i)})
	}
	view := View{Repository: "acme/x", WebURL: "https://github.com", Pull: pull, Record: onboarding.Record{Issue: 1, StartedAt: time.Now(), ReviewPR: &onboarding.ReviewPR{Number: 2, URL: "u"}}}
	body := view.PullBody()
	assert.Contains(t, body, "The rest is cut")
	assert.Equal(t, strings.Count(body, "<details>"), strings.Count(body, "</details>"))
	assert.Contains(t, body, "Shows commit")
	assert.NotContains(t, body, "`onboard check` prints all of it")
}
