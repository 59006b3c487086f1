package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Connections of one process to PostgreSQL, which lets 100 in by default.
const (
	postgresWriters = 8
	postgresReaders = 8
)

// patience is what is set for PostgreSQL's sessions: nobody waits for ever, and a
// process that is frozen within a transaction does not lock out the others.
var patience = map[string]string{
	"lock_timeout":                        "5000", // milliseconds, as SQLite's busy_timeout
	"statement_timeout":                   "30000",
	"idle_in_transaction_session_timeout": "10000",
}

// openPostgres opens the PostgreSQL database at url. Others may have it, too.
func openPostgres(ctx context.Context, url string) (*Store, error) {
	config, err := parsePostgres(url)
	if err != nil {
		return nil, err
	}
	s := &Store{write: postgresPool(config, postgresWriters, false), read: postgresPool(config, postgresReaders, true), shared: config}
	if err := s.preparePostgres(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// readPostgres opens the PostgreSQL database at url for reading. One that is not
// there, or has no tables of ours, does not exist.
func readPostgres(ctx context.Context, url string) (*Store, error) {
	config, err := parsePostgres(url)
	if err != nil {
		return nil, err
	}
	read := postgresPool(config, postgresReaders, true)
	s := &Store{write: read, read: read, shared: config} // PostgreSQL itself refuses to write
	if err := s.readSchema(ctx); err != nil {
		if refused := new(pgconn.PgError); errors.As(err, &refused) && (refused.Code == noDatabase || refused.Code == noTable) {
			err = errors.Join(err, fs.ErrNotExist)
		}
		return nil, errors.Join(err, read.Close())
	}
	return s, nil
}

// PostgreSQL's codes (its manual, appendix A).
const (
	noDatabase       = "3D000"
	noTable          = "42P01"
	notSerializable  = "40001"
	deadlock         = "40P01"
	uniqueViolation  = "23505"
	keepAliveIdle    = 10 * time.Second // until a silent server is asked whether it is there
	keepAliveEvery   = 5 * time.Second
	keepAliveAnswers = 3 // that may be missing
	connectTimeout   = 5 * time.Second
)

func parsePostgres(url string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read the database's URL: %w", err) // pgx leaves the password out
	}
	if !strings.Contains(url, "connect_timeout") {
		config.ConnectTimeout = connectTimeout
	}
	dialer := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: keepAliveIdle, Interval: keepAliveEvery, Count: keepAliveAnswers,
	}}
	config.DialFunc = dialer.DialContext
	config.RuntimeParams["application_name"] = cmp.Or(config.RuntimeParams["application_name"], "onboard")
	return config, nil
}

// postgresPool returns a pool of size connections, which nothing dials yet.
func postgresPool(config *pgx.ConnConfig, size int, readOnly bool) *sql.DB {
	config = config.Copy()
	for name, value := range patience {
		config.RuntimeParams[name] = cmp.Or(config.RuntimeParams[name], value) // the URL may say otherwise
	}
	if readOnly {
		config.RuntimeParams["default_transaction_read_only"] = "on"
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db
}

// preparePostgres brings the schema up to date. Several processes may start at
// once: goose lets one of them migrate. Unlike SQLite's, leases are left alone:
// those who have them may well be alive.
func (s *Store) preparePostgres(ctx context.Context) error {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300), lock.WithUnlockTimeout(1, 60)) // tries every second
	if err != nil {
		return fmt.Errorf("lock the migrations: %w", err)
	}
	slow := stdlib.OpenDB(*s.shared) // migrations may take their time
	s.schema, err = migrate(ctx, goose.DialectPostgres, slow, goose.WithSessionLocker(locker))
	if err == nil {
		_, err = slow.ExecContext(ctx, appendOnlyPostgres)
	}
	return errors.Join(err, slow.Close())
}

// appendOnlyPostgres is [appendOnly] in PostgreSQL's words: one transaction, in
// which processes that start at once take turns.
const appendOnlyPostgres = `
	DO $do$ BEGIN
		PERFORM pg_advisory_xact_lock(hashtext('onboard append-only'));
		IF (SELECT COUNT(*) FROM pg_trigger WHERE tgfoid = to_regproc('audit_refuse') AND tgenabled = 'O') = 4 THEN
			RETURN;
		END IF;
		CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
			$f$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $f$;
		CREATE OR REPLACE TRIGGER audit_unchanged BEFORE UPDATE ON audit
			FOR EACH ROW EXECUTE FUNCTION audit_refuse('the audit log is append-only');
		CREATE OR REPLACE TRIGGER audit_undeleted BEFORE DELETE ON audit
			FOR EACH ROW EXECUTE FUNCTION audit_refuse('the audit log is append-only');
		CREATE OR REPLACE TRIGGER audit_emptied BEFORE TRUNCATE ON audit
			FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse('the audit log is append-only');
		CREATE OR REPLACE TRIGGER audit_personal_unchanged BEFORE UPDATE ON audit_personal
			FOR EACH ROW EXECUTE FUNCTION audit_refuse('what is kept of people can be forgotten, not changed');
	END $do$`

// rewritePostgres has PostgreSQL write the tables anew that name people, without
// what was deleted of them. Others wait.
func (s *Store) rewritePostgres(ctx context.Context) (err error) {
	slow := stdlib.OpenDB(*s.shared)
	if _, err = slow.ExecContext(ctx, `VACUUM (FULL) act, audit_personal`); err != nil {
		err = fmt.Errorf("empty the tables' free space: %w", err)
	}
	return errors.Join(err, slow.Close())
}

// again tells whether a transaction shall be tried again: its connection was lost
// before it began, or it failed only because of another one at the same time. The
// two could not be put in an order, or both appended to one audit log, whose key let
// the other one in.
func again(err error) bool {
	refused, unreachable := new(pgconn.PgError), new(pgconn.ConnectError)
	switch {
	case errors.As(err, &unreachable):
		return false
	case errors.Is(err, errBegin):
		return true
	case errors.As(err, &refused):
		return refused.Code == notSerializable || refused.Code == deadlock || refused.Code == uniqueViolation
	}
	return false
}
