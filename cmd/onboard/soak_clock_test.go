package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"github.com/spf13/cobra"

	"github.com/onboard-app/onboard/app"
)

// clockVariable names the file that says how many milliseconds the clock of a soaked
// program is ahead.
const clockVariable = "SOAK_CLOCK"

// soaked is `onboard serve` with a clock that can be set wrong.
func soaked() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	command := serveCommand(&options{})
	command.RunE = func(command *cobra.Command, _ []string) error {
		config, log, err := configure(command, (&options{}).load)
		if err != nil {
			return err
		}
		onboard, err := app.New(command.Context(), config, log, app.WithClock(wrongClock(os.Getenv(clockVariable))))
		if err != nil {
			return err
		}
		return onboard.Run(command.Context())
	}
	os.Exit(report(os.Stderr, command, command.ExecuteContext(ctx)))
}

// wrongClock is as far ahead as a file says, which is read now and then.
func wrongClock(file string) func() time.Time {
	var ahead atomic.Int64
	read := func() {
		if text, err := os.ReadFile(file); err == nil {
			ms, _ := strconv.ParseInt(string(text), 10, 64)
			ahead.Store(ms)
		}
	}
	read()
	go func() {
		for range time.Tick(50 * time.Millisecond) {
			read()
		}
	}()
	return func() time.Time { return set(time.Now(), time.Duration(ahead.Load())*time.Millisecond) }
}

// set moves what a time says by whole seconds, and not how it is apart from others of
// its process: who sets a machine's clock does not move its monotonic one. A time
// with both keeps its seconds above the 30 bits of its nanoseconds.
func set(t time.Time, by time.Duration) time.Time {
	*(*uint64)(unsafe.Pointer(&t)) += uint64(int64(by/time.Second) << 30)
	return t
}

// setClock makes a process's clock wrong.
func (p *process) setClock(ahead time.Duration) error {
	file := p.clockFile() + ".new"
	if err := os.WriteFile(file, strconv.AppendInt(nil, ahead.Milliseconds(), 10), 0o600); err != nil {
		return err
	}
	return os.Rename(file, p.clockFile())
}

func (p *process) clockFile() string {
	return filepath.Join(p.world.logs, p.address[len("127.0.0.1:"):]+".clock")
}
