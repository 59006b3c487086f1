package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/store/storetest"
)

func TestSeveralProcessesStartOnAnEmptyPostgresAtOnce(t *testing.T) {
	url := storetest.Postgres(t)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			s, err := store.Open(t.Context(), url)
			if assert.NoError(t, err) {
				assert.NoError(t, s.Write(t.Context(), "write", want(fmt.Sprintf("repo/%d", i))))
				assert.NoError(t, s.Close())
			}
		})
	}
	all.Wait()
	s, _ := openAt(t, url)
	assert.Equal(t, 4, countWork(t, s))
}

func TestAnotherProcessKeepsItsLeasesOnPostgres(t *testing.T) {
	first, url := openAt(t, storetest.Postgres(t))
	require.NoError(t, first.Write(t.Context(), "claim", want("repo/1")))
	second, _ := openAt(t, url)
	var due int64
	require.NoError(t, second.Read().QueryRow(`SELECT due_at FROM work WHERE owner <> ''`).Scan(&due))
	assert.EqualValues(t, 99, due, "only leases decide")
}

func TestWritersThatAppendToOneLogAtOnceTakeTurns(t *testing.T) {
	s, _ := openTemp(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 5 {
				assert.NoError(t, s.Write(t.Context(), "decide", func(ctx context.Context, tx *sql.Tx) error {
					_, err := store.Append(ctx, tx, decision(5*i+n))
					return err
				}))
			}
		})
	}
	all.Wait()
	assert.Empty(t, faults(t, s, nil))
	length, _, err := s.AuditHead(t.Context(), 7)
	require.NoError(t, err)
	assert.EqualValues(t, 40, length, "a chain without gaps, and nothing lost")
}

func TestAttackStartsAtOnceDoNotExceedTheOwnersLimit(t *testing.T) {
	s, _ := openTemp(t)
	start := func(repository int64) error {
		return s.Write(t.Context(), "start", func(ctx context.Context, tx *sql.Tx) error {
			if n, err := store.CountOnboardings(ctx, tx, 1); err != nil || n >= 3 {
				return err
			}
			return store.SaveOnboarding(ctx, tx, onboarding.Record{Repository: repository, Round: 1}, 1)
		})
	}
	require.NoError(t, start(1))
	var all sync.WaitGroup
	for i := range int64(8) {
		all.Go(func() { assert.NoError(t, start(2+i)) })
	}
	all.Wait()
	ids, err := s.Repositories(t.Context())
	require.NoError(t, err)
	assert.Len(t, ids, 3)
}

func TestWhatAlwaysCollidesIsGivenUp(t *testing.T) {
	s, _ := openAt(t, storetest.Postgres(t))
	tries := 0
	err := s.Write(t.Context(), "collide", func(ctx context.Context, tx *sql.Tx) error {
		tries++
		_, err := tx.ExecContext(ctx, `INSERT INTO work (key, wanted, due_at) VALUES ('a', 1, 1), ('a', 1, 1)`)
		return err
	})
	require.ErrorContains(t, err, "SQLSTATE 23505")
	assert.Equal(t, 10, tries)
}

func TestTwoThatLockEachOtherOutBothGetTheirTurn(t *testing.T) {
	s, _ := openAt(t, storetest.Postgres(t))
	keys := []string{"repo/1", "repo/2"}
	for _, key := range keys {
		require.NoError(t, s.Write(t.Context(), "prepare", want(key)))
	}
	var first, all sync.WaitGroup
	first.Add(2)
	for i := range 2 {
		meet := sync.OnceFunc(func() { first.Done(); first.Wait() })
		all.Go(func() {
			assert.NoError(t, s.Write(t.Context(), "lock both", func(ctx context.Context, tx *sql.Tx) error {
				for _, key := range []string{keys[i], keys[1-i]} {
					if _, err := tx.ExecContext(ctx, `UPDATE work SET wanted = wanted + 1 WHERE key = $1`, key); err != nil {
						return err
					}
					meet()
				}
				return nil
			}))
		})
	}
	all.Wait()
	var wanted int
	require.NoError(t, s.Read().QueryRow(`SELECT SUM(wanted) FROM work`).Scan(&wanted))
	assert.Equal(t, 6, wanted)
}

func TestConnectionsThatWereLostAreMadeAnew(t *testing.T) {
	s, url := openAt(t, storetest.Postgres(t))
	require.NoError(t, s.Ping(t.Context()))
	storetest.Exec(t, url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	require.NoError(t, s.Ping(t.Context()))
}

func TestAPostgresWithoutOurTablesIsNotLookedAt(t *testing.T) {
	url := storetest.Postgres(t)
	for _, where := range []string{url, url[:len(url)-len("?sslmode=disable")] + "none?sslmode=disable"} {
		_, err := store.OpenToRead(t.Context(), where)
		require.ErrorIs(t, err, fs.ErrNotExist)
	}
	openAt(t, url)
	reader, err := store.OpenToRead(t.Context(), url)
	require.NoError(t, err)
	defer func() { require.NoError(t, reader.Close()) }()
	assert.Empty(t, faults(t, reader, nil))
	require.ErrorContains(t, reader.Write(t.Context(), "write", want("repo/1")), "read-only")
}

func TestAPostgresIsNotBackedUpAsAFile(t *testing.T) {
	for _, err := range []error{
		func() error {
			_, err := store.Backup(t.Context(), "postgres://u:hunter2@h/d", "none.db")
			return err
		}(),
		func() error {
			_, err := store.Restore(t.Context(), "postgres://u:hunter2@h/d", "none.db", evening, true)
			return err
		}(),
	} {
		require.ErrorIs(t, err, store.ErrNoFile)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}
