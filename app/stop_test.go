package app_test

import (
	"database/sql"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/store/storetest"
)

func TestADatabaseThatAcceptsNothingIsTheOnlyReasonToBeTakenOutOfTheBalancer(t *testing.T) {
	w := newWorld(t)
	driver, source := "sqlite", "file:"+strings.TrimPrefix(w.config.Database.URL, "sqlite://")+"?_txlock=immediate&_pragma=busy_timeout(5000)"
	if storetest.OnPostgres() {
		driver, source = "pgx", w.config.Database.URL
	}
	db, err := sql.Open(driver, source)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	tx, err := db.BeginTx(t.Context(), nil) // as a disk that hangs
	require.NoError(t, err)
	if storetest.OnPostgres() {
		_, err = tx.ExecContext(t.Context(), `LOCK TABLE work, delivery IN EXCLUSIVE MODE`)
		require.NoError(t, err)
	}
	delivered := make(chan fakegithub.Delivery, 1)
	go func() {
		w.Issue = w.Plugin.OpenIssue(w.Alice, "Onboard this", "/onboard")
		_ = w.GitHub.Settled(t.Context()) // seen below
		all := w.GitHub.Deliveries()
		delivered <- all[len(all)-1]
	}()
	status, body := w.get("/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.JSONEq(t, `{"status":"down","reasons":["the database accepts nothing"]}`, body)
	assert.Equal(t, http.StatusServiceUnavailable, (<-delivered).StatusCode)
	status, _ = w.get("/healthz")
	assert.Equal(t, http.StatusOK, status, "to kill the process would help nobody")

	require.NoError(t, tx.Rollback())
	status, _ = w.get("/readyz")
	assert.Equal(t, http.StatusOK, status)
	w.later(61 * time.Minute) // GitHub is asked to send it again
	w.later(10 * time.Minute)
	w.later(10 * time.Minute)
	assert.Contains(t, w.status(), "licence")
}

func TestAJobThatHangsIsHandedBackWhenTheAppStops(t *testing.T) {
	w := newStage(t)
	w.with = []app.Option{app.WithGrace(time.Millisecond)}
	w.start()
	back := w.GitHub.Inject(fakegithub.Fault{Delay: time.Hour})
	w.Issue = w.Plugin.OpenIssue(w.Alice, "Onboard this", "")
	comment := w.Issue.Comment(w.Alice, "/onboard")
	require.NoError(t, w.GitHub.Settled(t.Context()))
	require.Eventually(t, func() bool {
		stats, err := w.app.QueueStats(t.Context())
		return err == nil && stats.Running == 1
	}, 10*time.Second, time.Millisecond)
	w.stop() // within a job's hour
	assert.Empty(t, reacted(comment))
	back()
	w.start() // due now, and nobody's failure
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(comment))
}
