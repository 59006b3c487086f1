package template

import (
	"bytes"
	_ "embed"
	"sync"
)

// TEMPLATE_CLONE is the folder of a clone of the template.
//
//go:generate go run ./internal/generate -clone $TEMPLATE_CLONE -out builtin.json.gz
//go:embed builtin.json.gz
var builtinIndex []byte

// Builtin returns the index of mattermost/mattermost-plugin-starter-template
// that is part of the program. It is decoded once, when first asked for.
func Builtin() (*Index, error) { return builtin() }

var builtin = sync.OnceValues(func() (*Index, error) { return Decode(bytes.NewReader(builtinIndex)) })
