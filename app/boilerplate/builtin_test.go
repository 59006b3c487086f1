package boilerplate_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/checks/template"
)

func TestTheBuiltInIndexIsReadyAtOnce(t *testing.T) {
	w := newWorld(t, strings.ToUpper(template.BuiltinRepository), 0)
	w.err = errors.New("no such repository")
	builtin, err := template.Builtin()
	require.NoError(t, err)
	index, err := w.Index(t.Context())
	require.NoError(t, err)
	assert.Same(t, builtin, index)
	w.refresh()
	index, err = w.Index(t.Context())
	require.NoError(t, err)
	assert.Same(t, builtin, index)
	w.pass(3)
	assert.Equal(t, 1, strings.Count(w.log.String(), "\n"), "one warning and no more: %s", w.log.String())
}

// builtinWorld is a world of the built-in template, whose branch goes on.
func builtinWorld(t *testing.T) *world {
	w := newWorld(t, template.BuiltinRepository, 1)
	builtin, err := template.Builtin()
	require.NoError(t, err)
	commits := builtin.Commits()
	last := commits[len(commits)-1]
	w.now = last.Date.Add(400 * day)
	w.branch[0].Date = last.Date.Add(100 * day)
	w.branch = []template.Version{{Commit: last}, w.branch[0]}
	return w
}

func TestAttackWhatFollowsTheBuiltInIndexWaits(t *testing.T) {
	w := builtinWorld(t)
	builtin := len(w.versions())
	w.pass(7)
	assert.Len(t, w.versions(), builtin, "its date could be made up, and nobody saw it on the branch")
	w.pass(1)
	assert.Len(t, w.versions(), builtin+1)
	assert.Len(t, w.read, 1)
}

func TestANewerProgramGoesOnFromItsOwnIndex(t *testing.T) {
	w := builtinWorld(t)
	builtin := len(w.versions())
	// a program whose own index had less: the database has what follows
	versions := []template.Version{w.branch[1]}
	old, err := template.Build(template.BuiltinRepository, versions, w.reader)
	require.NoError(t, err)
	var content bytes.Buffer
	require.NoError(t, old.Encode(&content))
	_, err = w.store.SaveTemplate(t.Context(), template.BuiltinRepository,
		store.Template{Complete: true, ListedAt: w.now, TriedAt: w.now}, content.Bytes())
	require.NoError(t, err)

	assert.Len(t, w.versions(), builtin)
	w.refresh()
	assert.Len(t, w.versions(), builtin+1, "what was known counts at once")
	w.Keeper = w.another(template.BuiltinRepository)
	w.pass(3)
	assert.Len(t, w.versions(), builtin+1)
	assert.Len(t, w.read, 1)
}

func TestAnIndexThatIsOfNoUseIsLookedAtOnce(t *testing.T) {
	for name, content := range map[string]func(w *world) []byte{
		"damaged": func(*world) []byte { return []byte("damaged") },
		"of an older program": func(w *world) []byte {
			old, err := template.Build(template.BuiltinRepository, nil, nil)
			require.NoError(t, err)
			var content bytes.Buffer
			require.NoError(t, old.Encode(&content))
			return content.Bytes()
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := builtinWorld(t)
			w.branch = w.branch[:1]
			_, err := w.store.SaveTemplate(t.Context(), template.BuiltinRepository, store.Template{ListedAt: w.now, TriedAt: w.now}, content(w))
			require.NoError(t, err)
			for range 3 {
				w.Keeper = w.another(template.BuiltinRepository)
				_, _, err = w.Refresh(t.Context())
				require.NoError(t, err)
			}
			assert.Equal(t, 1, w.lists)
		})
	}
}
