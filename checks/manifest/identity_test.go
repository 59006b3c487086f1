package manifest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/checkstest"
)

// A plugin of another one's id would take that one's place on a server (S5).
func TestAttackAnIDThatIsAnotherPlugins(t *testing.T) {
	c, err := New(DefaultPolicy())
	require.NoError(t, err)
	taken := func(_ context.Context, id string) (bool, error) {
		return strings.EqualFold(id, "com.example.HELLO"), nil
	}
	for name, test := range map[string]struct {
		files   map[string]string
		subject checks.Subject
		outcome checks.Outcome
		found   []string
	}{
		"an id that is free":                 {plugin(nil), checks.Subject{Owner: "alice"}, checks.Pass, []string{}},
		"an id that stayed":                  {plugin(nil), checks.Subject{Owner: "alice", PluginID: "com.example.Hello"}, checks.Pass, []string{}},
		"an id that changed":                 {plugin(nil), checks.Subject{Owner: "alice", PluginID: "com.example.other"}, checks.Fail, []string{"changed-id plugin.json:2"}},
		"an id that is another plugin's":     {plugin(nil), checks.Subject{Owner: "alice", Taken: taken}, checks.Fail, []string{"taken-id plugin.json:2"}},
		"a reserved prefix, by a stranger":   {edited(t, "com.example.hello", "com.mattermost.hello"), checks.Subject{Owner: "alice"}, checks.Review, []string{"foreign-id plugin.json:2"}},
		"a reserved prefix, by its owner":    {edited(t, "com.example.hello", "com.mattermost.hello"), checks.Subject{Owner: "Mattermost"}, checks.Pass, []string{}},
		"a reserved prefix, in whatever way": {edited(t, "com.example.hello", "Com.MatterMost.x"), checks.Subject{Owner: "mallory"}, checks.Review, []string{"foreign-id plugin.json:2"}},
	} {
		t.Run(name, func(t *testing.T) {
			subject := checkstest.Subject(test.files)
			subject.Owner, subject.PluginID, subject.Taken = test.subject.Owner, test.subject.PluginID, test.subject.Taken
			result, cause := checks.Run(t.Context(), c, subject)
			require.NoError(t, cause)
			assert.Equal(t, test.outcome, result.Outcome)
			assert.Equal(t, test.found, found(result))
		})
	}
	subject := checkstest.Subject(plugin(nil))
	subject.Taken = func(context.Context, string) (bool, error) { return false, errors.New("the database is away") }
	result, cause := checks.Run(t.Context(), c, subject)
	require.Error(t, cause)
	assert.Equal(t, checks.Error, result.Outcome)
}
