package template

import (
	"bytes"
	_ "embed"
	"sync"
)

// BuiltinRepository is the template whose index is part of the program.
const BuiltinRepository = "mattermost/mattermost-plugin-starter-template"

// TEMPLATE_CLONE is the folder of a clone of the template.
//
//go:generate go run ./internal/generate -clone $TEMPLATE_CLONE -out builtin.json.gz
//go:embed builtin.json.gz
var builtinIndex []byte

// Builtin returns the index of BuiltinRepository that is part of the program.
// It is decoded once, when first asked for.
func Builtin() (*Index, error) { return builtin() }

var builtin = sync.OnceValues(func() (*Index, error) { return Decode(bytes.NewReader(builtinIndex)) })
