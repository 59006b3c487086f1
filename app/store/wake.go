package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"
)

// channel is where processes with one database of PostgreSQL's tell each other that
// there is work. It makes them look sooner; that they look is not its doing.
const channel = "onboard_work"

// listenAgain is the pause after the connection that listens was lost.
const listenAgain = time.Second

// Tell wakes the other processes that [Store.Listen]; from says who tells it.
func (s *Store) Tell(ctx context.Context, from string) error {
	_, err := s.write.ExecContext(ctx, `SELECT pg_notify('`+channel+`', $1)`, from)
	return err
}

// Listen calls wake whenever another process than own tells that there is work,
// until ctx ends. What was told while the connection was lost is not told again,
// so it also calls wake when it is there. Where nobody else writes, Listen returns.
func (s *Store) Listen(ctx context.Context, own string, wake func()) {
	for s.Shared() && ctx.Err() == nil {
		if err := s.listen(ctx, own, wake); ctx.Err() == nil {
			zerolog.Ctx(ctx).Warn().Err(err).Msg("cannot hear of new work, only look for it")
			select {
			case <-ctx.Done():
			case <-time.After(listenAgain):
			}
		}
	}
}

func (s *Store) listen(ctx context.Context, own string, wake func()) (err error) {
	connection, err := pgx.ConnectConfig(ctx, s.shared.Copy())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, connection.Close(context.WithoutCancel(ctx))) }()
	if _, err := connection.Exec(ctx, `LISTEN `+channel); err != nil {
		return err
	}
	for {
		wake()
		for told := own; told == own; {
			n, err := connection.WaitForNotification(ctx)
			if err != nil {
				return err
			}
			told = n.Payload
		}
	}
}
