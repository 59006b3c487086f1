// Package storetest gives tests a database of their own: a SQLite file or, if
// ONBOARD_TEST_POSTGRES names a server, a database on it. `make test-postgres`
// starts such a server.
package storetest

import (
	"context"
	crand "crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Variable names the URL of a PostgreSQL server on which databases may be created.
const Variable = "ONBOARD_TEST_POSTGRES"

// OnPostgres tells whether the tests run on PostgreSQL.
func OnPostgres() bool { return os.Getenv(Variable) != "" }

// URL returns the URL of a new and empty database, which the test's end drops.
func URL(t testing.TB) string {
	t.Helper()
	if OnPostgres() {
		return Postgres(t)
	}
	return SQLite(t)
}

// SQLite returns the URL of a file that is not there yet.
func SQLite(t testing.TB) string {
	t.Helper()
	return "sqlite://" + filepath.Join(t.TempDir(), "onboard.db")
}

// Postgres is URL for what is particular to PostgreSQL; without a server the test
// is skipped.
func Postgres(t testing.TB) string {
	t.Helper()
	server := os.Getenv(Variable)
	if server == "" {
		t.Skip(Variable + " names no server: make test-postgres starts one")
	}
	return create(t, server, "")
}

func create(t testing.TB, server, how string) string {
	t.Helper()
	made, err := url.Parse(server)
	require.NoError(t, err)
	name := "onboard_test_" + strings.ToLower(crand.Text())
	made.Path = "/" + name
	Exec(t, server, `CREATE DATABASE `+name+how)
	t.Cleanup(func() { Exec(t, server, `DROP DATABASE `+name+` WITH (FORCE)`) })
	return made.String()
}

// Copy returns the URL of a copy of a database that nobody has open.
func Copy(t testing.TB, of string) string {
	t.Helper()
	if !OnPostgres() {
		folder := t.TempDir()
		require.NoError(t, os.CopyFS(folder, os.DirFS(filepath.Dir(strings.TrimPrefix(of, "sqlite://")))))
		return "sqlite://" + filepath.Join(folder, filepath.Base(of))
	}
	original, err := url.Parse(of)
	require.NoError(t, err)
	return create(t, os.Getenv(Variable), " TEMPLATE "+strings.TrimPrefix(original.Path, "/"))
}

// Exec has the database at a URL do something, beside everybody else.
func Exec(t testing.TB, where, query string) {
	t.Helper()
	driver, source := "pgx", where
	if path, is := strings.CutPrefix(where, "sqlite://"); is {
		driver, source = "sqlite", path+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, source)
	require.NoError(t, err)
	_, err = db.ExecContext(context.Background(), query)
	assert.NoError(t, err)
	assert.NoError(t, db.Close())
}
