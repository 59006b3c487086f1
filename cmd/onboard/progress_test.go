package main

import (
	"bytes"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
)

func TestProgressIsOneLineThatIsErased(t *testing.T) {
	var terminal bytes.Buffer
	p := progress{w: &terminal, width: 10}
	p.show("short")
	p.show("short")
	p.show("longer than the terminal")
	p.erase()
	p.erase()
	assert.Equal(t, eraseLine+"short…"+eraseLine+"longer th"+eraseLine, terminal.String())
}

func TestNoProgressWhereALineCannotBeErased(t *testing.T) {
	var file bytes.Buffer
	p := newProgress(&file)
	p.show("nothing")
	p.erase()
	assert.Empty(t, file.String())
}

func TestALogLineErasesTheProgress(t *testing.T) {
	var terminal bytes.Buffer
	p := progress{w: &terminal, width: 80}
	log := zerolog.New(&terminal).Hook(&p)
	p.show("Checking")
	log.Error().Msg("no network")
	assert.Equal(t, eraseLine+"Checking…"+eraseLine+`{"level":"error","message":"no network"}`+"\n", terminal.String())
}
