package handlers_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/handlers"
)

// TestTheAppSubscribesToWhatIsHandled: GitHub refuses to be asked for those of
// installations, and sends those of checks to whom may write them (github-facts.md
// sections 1 and 6).
func TestTheAppSubscribesToWhatIsHandled(t *testing.T) {
	unasked := []string{"installation", "installation_repositories", "check_run", "check_suite", handlers.PageEvent}
	var handled []string
	for _, h := range handlers.All(handlers.Deps{}) {
		handled = append(handled, h.Handles()...)
	}
	assert.ElementsMatch(t, handled, append(unasked, ghapi.Events()...))
}
