package bundle

import (
	"bytes"
	"encoding/binary"
	"runtime/debug"
	"strings"
)

// program is what is known of a file that is a program.
type program struct {
	kind     string // see kind
	revision string // that Go's build info names; "" if none
	modified bool
}

// infoMagic starts Go's build info in a program: magic, pointer size and flags
// in 32 bytes, then, each with its length, Go's version and the modules' text
// (debug/buildinfo describes it; that package needs random access).
const (
	infoMagic  = "\xff Go buildinf:"
	infoHeader = 32
	infoInline = 2 // the flag of the form that Go has written since 1.18
	maxInfo    = 128 << 10
)

// maxTries bounds how often the magic is taken for the start of a build info: a
// program that reads build infos holds it once or twice more, a hostile one
// holds nothing else.
const maxTries = 16

// infoScanner looks for the build info in a stream of chunks.
type infoScanner struct {
	program
	held  []byte // the end of what was seen, in which the build info may have started
	tries int
	done  bool
}

// write looks at the next chunk.
func (s *infoScanner) write(chunk []byte) {
	if s.done {
		return
	}
	s.held = append(s.held, chunk...)
	data := s.held
	for {
		at := bytes.Index(data, []byte(infoMagic))
		if at < 0 {
			data = data[max(0, len(data)-len(infoMagic)+1):]
			break
		}
		data = data[at:]
		text, more := moduleText(data)
		if more && len(data) < maxInfo {
			break
		}
		s.tries++
		if s.take(text) || s.tries == maxTries {
			s.done = true
			return
		}
		data = data[1:]
	}
	s.held = append(s.held[:0], data...)
}

// moduleText returns the modules' text of a build info, or asks for more bytes.
func moduleText(info []byte) (text string, more bool) {
	if len(info) < infoHeader {
		return "", true
	}
	if info[len(infoMagic)+1]&infoInline == 0 {
		return "", false
	}
	_, rest, more := field(info[infoHeader:])
	if more || rest == nil {
		return "", more
	}
	modules, _, more := field(rest)
	if n := len(modules); n >= 33 && modules[n-17] == '\n' { // 16 bytes of a mark on both sides
		return string(modules[16 : n-16]), false
	}
	return "", more
}

// field returns a text with its length in front, and what follows it (nil if
// there is none), or asks for more bytes.
func field(data []byte) (text, rest []byte, more bool) {
	length, n := binary.Uvarint(data)
	switch {
	case n < 0 || length > maxInfo:
		return nil, nil, false
	case n == 0 || len(data)-n < int(length):
		return nil, nil, true
	}
	end := n + int(length)
	return data[n:end], data[end:], false
}

// take reads the revision from the modules' text. It is false if that is none.
func (s *infoScanner) take(text string) bool {
	info, err := debug.ParseBuildInfo(text)
	if text == "" || err != nil {
		return false
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			if len(setting.Value) == 40 && strings.Trim(setting.Value, "0123456789abcdef") == "" {
				s.revision = setting.Value
			}
		case "vcs.modified":
			s.modified = setting.Value == "true"
		}
	}
	return true
}
