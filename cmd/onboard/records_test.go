package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// decide is the script command "decide FILE N": it adds N decisions about
// repository 7 to the audit log of the database FILE, which it makes if need
// be, and writes the log's head to FILE.heads.
func decide(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) != 2 {
		ts.Fatalf("usage: decide FILE N")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	s := openScript(ts, args[0])
	var head store.Head
	ts.Check(s.Write(context.Background(), "decide", func(ctx context.Context, tx *sql.Tx) (err error) {
		for range n {
			if head, err = store.Append(ctx, tx, store.Entry{
				Repository: 7, At: time.Unix(1_700_000_000, 0), Kind: "decision", Who: onboarding.Person{ID: 11, Login: "alice"},
				Source: fmt.Sprintf("comment/%d", head.Length+1), Stage: "qa", Reason: "It works.",
			}); err != nil {
				return err
			}
		}
		return nil
	}))
	ts.Check(s.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[0])+".heads", []byte("7 "+head.String()+"\n"), 0o600))
}

// tamper is the script command "tamper FILE SQL": what somebody with the
// database's file can do.
func tamper(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) != 2 {
		ts.Fatalf("usage: tamper FILE SQL")
	}
	s := openScript(ts, args[0])
	ts.Check(s.Write(context.Background(), "tamper", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DROP TRIGGER audit_unchanged; DROP TRIGGER audit_undeleted; DROP TRIGGER audit_personal_unchanged; `+args[1])
		return err
	}))
	ts.Check(s.Close())
}

// hold is the script command "hold FILE": the database is in use until the
// script ends.
func hold(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) != 1 {
		ts.Fatalf("usage: hold FILE")
	}
	s := openScript(ts, args[0])
	ts.Defer(func() { ts.Check(s.Close()) })
}

func openScript(ts *testscript.TestScript, file string) *store.Store {
	s, err := store.Open(context.Background(), "sqlite://"+ts.MkAbs(file))
	ts.Check(err)
	return s
}
