package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/store/storetest"
)

// chaos is what goes wrong while the stories are played, by lot.
type chaos struct {
	world  *soakWorld
	random *rand.Rand
	err    error

	kills, freezes, stops, cuts, jumps int
}

const (
	blowEvery   = 6 * time.Second  // a process is killed, frozen or stopped
	outageEvery = 40 * time.Second // about, GitHub fails for two seconds
	faultEvery  = 100              // calls of GitHub, about, one fails
	cutEvery    = 20 * time.Second // the database is away for some seconds
	clockEvery  = 15 * time.Second // a clock is set, rightly or by this much wrongly
	// GitHub takes no token of who is ahead by more than half a minute.
	clockWrong = 30 * time.Second
)

// start has things go wrong until the returned function is called.
func (c *chaos) start(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	c.world.balancer.disturb(rand.New(rand.NewPCG(c.random.Uint64(), 2)))
	c.world.lag.disturb(rand.New(rand.NewPCG(c.random.Uint64(), 5)))
	clocks := rand.New(rand.NewPCG(c.random.Uint64(), 6))
	var going sync.WaitGroup
	faults := rand.New(rand.NewPCG(c.random.Uint64(), 3))
	going.Go(func() {
		next, outage := int64(0), time.Now().Add(outageEvery)
		for pauseUntil(ctx, time.Now().Add(50*time.Millisecond)) == nil {
			if calls := c.world.calls.all.Load(); calls >= next {
				next = calls + faultEvery/2 + faults.Int64N(faultEvery)
				c.fault(faults)
			}
			if time.Now().After(outage) {
				// not at regular times: who waits twice as long each time would meet each
				outage = time.Now().Add(outageEvery/2 + time.Duration(faults.Int64N(int64(outageEvery))))
				time.AfterFunc(2*time.Second, c.world.story.GitHub.Inject(fakegithub.Fault{Status: http.StatusServiceUnavailable}))
			}
		}
	})
	going.Go(func() {
		var deck []int
		for pauseUntil(ctx, time.Now().Add(blowEvery)) == nil && c.err == nil {
			if len(deck) == 0 {
				deck = c.random.Perm(10)
			}
			c.blow(ctx, deck[0])
			deck = deck[1:]
		}
	})
	going.Go(func() {
		for pauseUntil(ctx, time.Now().Add(cutEvery)) == nil {
			c.cuts++
			if storetest.OnPostgres() {
				c.cutDatabase(ctx)
			} else {
				c.lockDatabase(ctx)
			}
		}
	})
	clockErr := make(chan error, 1)
	going.Go(func() {
		var err error
		for pauseUntil(ctx, time.Now().Add(clockEvery)) == nil && err == nil {
			c.jumps++
			ahead := time.Duration(0)
			if clocks.IntN(3) > 0 {
				ahead = time.Duration(clocks.Int64N(int64(2*clockWrong))) - clockWrong
			}
			err = c.world.processes[clocks.IntN(len(c.world.processes))].setClock(ahead)
		}
		clockErr <- err
	})
	return func() {
		cancel()
		going.Wait()
		c.err = errors.Join(c.err, <-clockErr)
		for _, p := range c.world.processes {
			c.err = errors.Join(c.err, p.setClock(0))
		}
		c.world.balancer.disturb(nil)
		c.world.lag.disturb(nil)
	}
}

// blow hits a process: of ten blows seven kill, two freeze and one stops it as is proper.
func (c *chaos) blow(ctx context.Context, card int) {
	p := c.world.processes[c.random.IntN(len(c.world.processes))]
	switch {
	case card < 7:
		c.kills++
		c.world.calls.killed()
		p.end(syscall.SIGKILL)
		c.err = p.start()
	case card < 9:
		c.freezes++
		p.signal(syscall.SIGSTOP)
		from := time.Now()
		_ = pauseUntil(ctx, from.Add(soakLease*3/2+time.Duration(c.random.IntN(2000))*time.Millisecond))
		c.world.calls.froze(from, time.Now())
		p.signal(syscall.SIGCONT)
	default:
		c.stops++
		p.end(syscall.SIGTERM)
		c.err = p.start()
	}
}

// cutDatabase ends all connections of PostgreSQL's and lets nobody in for a while.
func (c *chaos) cutDatabase(ctx context.Context) {
	server, database := os.Getenv(storetest.Variable), path.Base(c.world.config.Database.URL)
	database, _, _ = strings.Cut(database, "?")
	storetest.Exec(c.world.t, server, `ALTER DATABASE `+database+` ALLOW_CONNECTIONS false`)
	storetest.Exec(c.world.t, server, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '`+database+`'`)
	_ = pauseUntil(ctx, time.Now().Add(2*time.Second))
	storetest.Exec(c.world.t, server, `ALTER DATABASE `+database+` ALLOW_CONNECTIONS true`)
}

// lockDatabase has the file for itself, as a backup or a slow disk may, at times for
// longer than the program waits.
func (c *chaos) lockDatabase(ctx context.Context) {
	db, err := sql.Open("sqlite", strings.TrimPrefix(c.world.config.Database.URL, "sqlite://")+"?_pragma=busy_timeout(5000)&_txlock=immediate")
	if err != nil {
		return
	}
	defer func() { _ = db.Close() }()
	tx, err := db.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil { // the program was faster
		return
	}
	defer func() { _ = tx.Rollback() }()
	_ = pauseUntil(ctx, time.Now().Add(2*time.Second+time.Duration(c.cuts%3)*2500*time.Millisecond))
}

const secondaryLimit = `{"message":"You have exceeded a secondary rate limit.","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`

// fault makes one of the next calls of GitHub fail.
func (c *chaos) fault(random *rand.Rand) {
	soon := http.Header{"Retry-After": {"1"}}
	kinds := []fakegithub.Fault{
		{Status: http.StatusBadGateway},
		{Status: http.StatusInternalServerError},
		{Cut: fakegithub.CutBefore},
		{Cut: fakegithub.CutAfter},
		{Cut: fakegithub.CutAfter, Method: http.MethodPost},
		{Cut: fakegithub.CutAfter, Method: http.MethodPatch},
		{Cut: fakegithub.CutHalf, Method: http.MethodPost},
		{Status: http.StatusTooManyRequests, Header: soon},
		{Status: http.StatusForbidden, Header: soon, Body: secondaryLimit},
		{Delay: 2 * time.Second},
	}
	fault := kinds[random.IntN(len(kinds))]
	fault.Skip, fault.Times = random.IntN(5), 1
	time.AfterFunc(2*time.Second, c.world.story.GitHub.Inject(fault))
}

func (c *chaos) String() string {
	return fmt.Sprintf("%d kills, %d freezes, %d proper stops, %d times no database, %d clocks set, %d faults at GitHub, %d times not found yet, %d deliveries or answers lost, %d sent twice",
		c.kills, c.freezes, c.stops, c.cuts, c.jumps, c.world.calls.faults.Load(), c.world.lag.hidden.Load(), c.world.balancer.lost, c.world.balancer.doubled)
}
