package ghapi

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/onboard-app/onboard/app/texts"
)

// Deployed is what GitHub shows of a bundle on a server.
type Deployed struct {
	Environment string // the gate's name
	Commit      string // that the bundle is said to be made of
	Digest      string // the bundle's sha256: one deployment is shown of each bundle and commit
	State       string // in_progress, success, failure or inactive
	Description string // at most 140 characters
	New         bool   // it was never tried to be shown
}

// maxStatus is GitHub's bound of a status' description, in characters
// (github-facts.md section 9).
const maxStatus = 140

// refusesDeployments is what GitHub says where it shows none: the permission is
// optional, and what is archived stays as it is.
var refusesDeployments = regexp.MustCompile(`not accessible by integration|was archived`)

// ShowDeployment shows where a bundle is deployed, and how that went. Known is the id
// that it returned before, 0 if that is not known: then it is found by asking, unless
// d is new, so that a killed process makes none twice. The id is 0 if GitHub shows none:
// the App may not, the repository is archived, or the commit is not there.
func (r *Repo) ShowDeployment(ctx context.Context, d Deployed, known int64) (id int64, err error) {
	if id = known; id == 0 && !d.New {
		id, err = r.findDeployment(ctx, d)
	}
	if err == nil && id == 0 && d.State != "inactive" {
		id, err = r.createDeployment(ctx, d)
	}
	if err == nil && id != 0 {
		_, _, err = r.client.Repositories.CreateDeploymentStatus(ctx, r.Owner, r.Name, id, &github.DeploymentStatusRequest{
			State: github.String(d.State), Description: github.String(texts.Truncate(d.Description, maxStatus)),
		})
	}
	var response *github.ErrorResponse
	switch {
	case errors.As(err, &response) && refusesDeployments.MatchString(response.Message), hasStatus(err, http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusConflict):
		return 0, nil
	case err != nil:
		return id, explain(err, "show the deployment of %s/%s to %s", r.Owner, r.Name, d.Environment)
	}
	return id, nil
}

// shownBundle is the payload of the App's deployments.
type shownBundle struct {
	SHA256 string `json:"sha256"`
}

// findDeployment finds the deployment of a bundle, 0 if there is none.
func (r *Repo) findDeployment(ctx context.Context, d Deployed) (id int64, err error) {
	list, _, err := r.client.Repositories.ListDeployments(ctx, r.Owner, r.Name, &github.DeploymentsListOptions{
		SHA: d.Commit, Environment: d.Environment, ListOptions: github.ListOptions{PerPage: 100},
	})
	for _, found := range list {
		if strings.Contains(string(found.Payload), `"`+d.Digest+`"`) {
			return found.GetID(), err
		}
	}
	return 0, err
}

// createDeployment turns off GitHub's defaults, by which it would merge the default
// branch, and wait for all check runs (github-facts.md section 9).
func (r *Repo) createDeployment(ctx context.Context, d Deployed) (id int64, err error) {
	made, _, err := r.client.Repositories.CreateDeployment(ctx, r.Owner, r.Name, &github.DeploymentRequest{
		Ref: github.String(d.Commit), AutoMerge: github.Bool(false), RequiredContexts: &[]string{},
		Environment: github.String(d.Environment), Payload: shownBundle{d.Digest},
		ProductionEnvironment: github.Bool(false), TransientEnvironment: github.Bool(false),
	})
	return made.GetID(), err
}
