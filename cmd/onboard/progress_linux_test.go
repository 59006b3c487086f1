package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// openTerminal opens a pseudo-terminal; read closes it and returns what was
// shown on it, at most a few KiB.
func openTerminal(t *testing.T) (terminal *os.File, read func() string) {
	t.Helper()
	control, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("there are no pseudo-terminals here: %v", err)
	}
	fd := int(control.Fd())
	require.NoError(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	require.NoError(t, err)
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: 80, Row: 24}))
	return terminal, func() string {
		require.NoError(t, terminal.Close())
		shown, err := io.ReadAll(control)
		require.ErrorIs(t, err, unix.EIO) // its other end is closed
		require.NoError(t, control.Close())
		return string(shown)
	}
}

// checkOn runs "onboard check" with a terminal for its stderr and returns what
// it wrote to both.
func checkOn(t *testing.T, arguments ...string) (stdout, shown string) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plugin.json"), []byte(`{"id":"me.x"}`), 0o600))
	terminal, read := openTerminal(t)
	var out bytes.Buffer
	run(append([]string{"check", dir}, arguments...), strings.NewReader(""), &out, terminal)
	return out.String(), read()
}

func TestProgressOfACheckOnATerminal(t *testing.T) {
	stdout, shown := checkOn(t)
	for _, said := range []string{"Reading the folder…", "Checking licence (1 of 3)…", "Checking manifest (3 of 3)…"} {
		assert.Contains(t, shown, eraseLine+said)
	}
	assert.True(t, strings.HasSuffix(shown, eraseLine), "%q is gone at the end", shown)
	assert.NotContains(t, stdout, "\x1b", "what is no terminal gets no control characters")

	_, shown = checkOn(t, "--format", "json")
	assert.Empty(t, shown, "programs want no progress")
	t.Setenv("TERM", "dumb")
	_, shown = checkOn(t)
	assert.Empty(t, shown, "a dumb terminal cannot erase a line")
}
