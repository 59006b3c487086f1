package handlers_test

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/texts"
	"github.com/onboard-app/onboard/handlers"
)

var update = flag.Bool("update", false, "write docs/commands.md")

func TestTheDocumentationIsThatOfTheTable(t *testing.T) {
	const page = "../docs/commands.md"
	want := texts.CommandsPage(handlers.Commands())
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(want), 0o600))
	}
	have, err := os.ReadFile(page)
	require.NoError(t, err)
	assert.Equal(t, want, string(have), "run go test ./handlers -run Documentation -update")
}

func TestEachExampleIsACommandOfItsRow(t *testing.T) {
	for _, command := range handlers.Commands() {
		assert.NotEmpty(t, command.Examples, command.Name)
		for _, example := range command.Examples {
			calls, _ := handlers.Parse(example)
			require.Len(t, calls, 1, example)
			assert.Equal(t, command.Name, calls[0].Name, example)
		}
		assert.Regexp(t, `^[A-Z].*\.$`, command.Doc, "a sentence")
	}
}
