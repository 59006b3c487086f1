package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Deployment is one plugin on one server: what is wanted there, and what was done.
// What its texts say is app/deploy's and app/mattermost's.
type Deployment struct {
	Target     string
	Plugin     string // the plugin's id
	Repository int64  // of its onboarding; 0: an operator's, of none
	Wanted     string // JSON; "" if nothing was wanted yet
	Wish       int64  // counts what was wanted so far
	Settled    int64  // the last wish of which all was done that can be done
	Record     string // JSON; "" if nothing was done yet
	Result     string // JSON; "" if nothing came of it yet
}

const deploymentColumns = `target, plugin, repository, wanted, wish, settled, record, result`

func (d *Deployment) scan(row interface{ Scan(...any) error }) error {
	return row.Scan(&d.Target, &d.Plugin, &d.Repository, &d.Wanted, &d.Wish, &d.Settled, &d.Record, &d.Result)
}

// Deployment reads one; known is false if nothing was ever wanted of that plugin
// there.
func (s *Store) Deployment(ctx context.Context, target, plugin string) (d Deployment, known bool, err error) {
	err = d.scan(s.read.QueryRowContext(ctx, `SELECT `+deploymentColumns+` FROM deployment WHERE target = $1 AND plugin = $2`, target, plugin))
	if errors.Is(err, sql.ErrNoRows) {
		return Deployment{Target: target, Plugin: plugin}, false, nil
	}
	if err != nil {
		return Deployment{}, false, fmt.Errorf("read the deployment of %q to %s: %w", plugin, target, err)
	}
	return d, true, nil
}

// Deployments reads all, or those of one repository if it is not 0, in the order
// of targets and plugins.
func (s *Store) Deployments(ctx context.Context, repository int64) (list []Deployment, err error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT `+deploymentColumns+` FROM deployment WHERE CAST($1 AS BIGINT) = 0 OR repository = CAST($1 AS BIGINT) ORDER BY target, plugin`, repository)
	if err != nil {
		return nil, fmt.Errorf("read the deployments: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var d Deployment
		if err := d.scan(rows); err != nil {
			return nil, fmt.Errorf("read the deployments: %w", err)
		}
		list = append(list, d)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the deployments: %w", err)
	}
	return list, nil
}

// WantDeployment puts on record what is wanted of a plugin on a server, and returns
// the number of that wish, and whether it is still to be settled. Wishing the same
// again, as every look does, is no new wish, unless it is said to be one.
func WantDeployment(ctx context.Context, tx *sql.Tx, target, plugin string, repository int64, wanted string, anew bool) (wish int64, open bool, err error) {
	_, err = tx.ExecContext(ctx, `
		INSERT INTO deployment (target, plugin, repository, wanted, wish, settled, record, result)
		VALUES ($1, $2, $3, '', 0, 0, '', '') ON CONFLICT (target, plugin) DO NOTHING`, target, plugin, repository)
	var before string
	var settled int64
	if err == nil {
		err = tx.QueryRowContext(ctx, `SELECT wanted, wish, settled FROM deployment WHERE target = $1 AND plugin = $2`, target, plugin).
			Scan(&before, &wish, &settled)
	}
	if err == nil && (anew || before != wanted) {
		wish++
		_, err = tx.ExecContext(ctx, `
			UPDATE deployment SET wanted = $3, wish = $4, repository = CASE WHEN CAST($5 AS BIGINT) = 0 THEN repository ELSE CAST($5 AS BIGINT) END
			WHERE target = $1 AND plugin = $2`, target, plugin, wanted, wish, repository)
	}
	if err != nil {
		return 0, false, fmt.Errorf("record what is wanted of %q on %s: %w", plugin, target, err)
	}
	return wish, settled < wish, nil
}

// SaveDeploymentRecord keeps what the App put on a server. It is on disk when this
// returns.
func (s *Store) SaveDeploymentRecord(ctx context.Context, target, plugin, record string) error {
	return s.Write(ctx, fmt.Sprintf("record what is put on %s of %q", target, plugin), func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO deployment (target, plugin, repository, wanted, wish, settled, record, result)
			VALUES ($1, $2, 0, '', 0, 0, $3, '') ON CONFLICT (target, plugin) DO UPDATE SET record = excluded.record`, target, plugin, record)
		return err
	})
}

// SaveDeploymentResult keeps what came of a wish, which is settled by it or not. A
// wish that came meanwhile stays to be done.
func SaveDeploymentResult(ctx context.Context, tx *sql.Tx, target, plugin string, wish int64, settled bool, result string) error {
	if !settled {
		wish = 0
	}
	_, err := tx.ExecContext(ctx, `
		UPDATE deployment SET result = $3, settled = CASE WHEN settled < CAST($4 AS BIGINT) THEN CAST($4 AS BIGINT) ELSE settled END
		WHERE target = $1 AND plugin = $2`, target, plugin, result, wish)
	if err != nil {
		return fmt.Errorf("record what came of %q on %s: %w", plugin, target, err)
	}
	return nil
}
