package fakegithub

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Deployment is a deployment as observers see it.
type Deployment struct {
	ID          int64
	SHA, Ref    string
	Environment string
	Description string
	Creator     string
	Statuses    []DeploymentStatus // the oldest first
}

// DeploymentStatus is one status of a deployment.
type DeploymentStatus struct {
	State, Description, LogURL string

	id int64
	at time.Time
}

// deployment is one with what only the API shows.
type deployment struct {
	Deployment
	app     *App
	payload any
	at      time.Time
}

// Deployments are the repository's deployments, the oldest first.
func (r *Repository) Deployments() []Deployment {
	defer r.github.lock()()
	list := []Deployment{}
	for _, d := range r.deployments {
		seen := d.Deployment
		seen.Statuses = slices.Clone(d.Statuses)
		list = append(list, seen)
	}
	return list
}

// createDeployment has GitHub's defaults, which are traps: it merges the default
// branch into the ref, and wants all check runs to be green (facts 9).
func (q *request) createDeployment() (answer, error) {
	in := struct {
		Ref              *string         `json:"ref"`
		AutoMerge        *bool           `json:"auto_merge"`
		RequiredContexts *[]string       `json:"required_contexts"`
		Environment      *string         `json:"environment"`
		Description      *string         `json:"description"`
		Payload          json.RawMessage `json:"payload"`
	}{}
	if err := q.decode(&in); err != nil {
		return answer{}, err
	}
	if in.Ref == nil {
		return answer{}, malformed("\"ref\" wasn't supplied.")
	}
	sha := q.repository.resolve(*in.Ref)
	if sha == "" {
		return answer{}, unprocessable("No ref found for: " + *in.Ref)
	}
	if in.AutoMerge == nil || *in.AutoMerge {
		return reply(http.StatusAccepted, object{"message": "Auto-merged " + q.repository.defaultBranch + " into " + *in.Ref + " on deployment."}), nil
	}
	if in.RequiredContexts == nil && q.repository.anyRunFails(sha) {
		return answer{}, &apiError{http.StatusConflict, "Conflict: Commit status checks failed for " + *in.Ref, nil}
	}
	d := &deployment{
		Deployment: Deployment{ID: q.github.newID(), SHA: sha, Ref: *in.Ref, Environment: "production", Creator: q.app.bot.Login},
		app:        q.app, payload: object{}, at: q.github.now(),
	}
	set(&d.Environment, in.Environment)
	set(&d.Description, in.Description)
	if len(in.Payload) > 0 && json.Unmarshal(in.Payload, &d.payload) != nil {
		return answer{}, malformed("\"payload\" is no JSON.")
	}
	q.repository.deployments = append(q.repository.deployments, d)
	return q.created(fmt.Sprintf("/deployments/%d", d.ID), q.deploymentJSON(d)), nil
}

// anyRunFails tells whether a check run of a commit failed.
func (r *Repository) anyRunFails(sha string) bool {
	return slices.ContainsFunc(r.runs, func(c *checkRun) bool { return c.HeadSHA == sha && c.Conclusion == "failure" })
}

// listDeployments lists the newest first.
func (q *request) listDeployments() (answer, error) {
	var found []*deployment
	for _, d := range slices.Backward(q.repository.deployments) {
		query := q.URL.Query()
		fits := func(name, value string) bool { return !query.Has(name) || query.Get(name) == value }
		if fits("sha", d.SHA) && fits("ref", d.Ref) && fits("environment", d.Environment) {
			found = append(found, d)
		}
	}
	return list(q, found, q.deploymentJSON)
}

func (q *request) deployment() *deployment {
	id := q.id("deployment_id")
	for _, d := range q.repository.deployments {
		if d.ID == id {
			return d
		}
	}
	return nil
}

// createDeploymentStatus makes the earlier deployments of the environment inactive
// once one succeeds, unless it is told not to (facts 9).
func (q *request) createDeploymentStatus() (answer, error) {
	d := q.deployment()
	if d == nil {
		return answer{}, notFound()
	}
	var in struct {
		State        *string `json:"state"`
		Description  *string `json:"description"`
		LogURL       *string `json:"log_url"`
		AutoInactive *bool   `json:"auto_inactive"`
	}
	if err := q.decode(&in); err != nil {
		return answer{}, err
	}
	states := []string{"error", "failure", "inactive", "in_progress", "queued", "pending", "success"}
	if in.State == nil || !slices.Contains(states, *in.State) {
		return answer{}, malformed("\"state\" is not one of %v.", states)
	}
	s := DeploymentStatus{State: *in.State, id: q.github.newID(), at: q.github.now()}
	set(&s.Description, in.Description)
	set(&s.LogURL, in.LogURL)
	if len([]rune(s.Description)) > 140 {
		return answer{}, refused(object{"resource": "DeploymentStatus", "code": "custom", "field": "description", "message": "description is too long (maximum is 140 characters)"})
	}
	d.Statuses = append(d.Statuses, s)
	if s.State == "success" && (in.AutoInactive == nil || *in.AutoInactive) {
		q.deactivateOthers(d)
	}
	return q.created(fmt.Sprintf("/deployments/%d/statuses/%d", d.ID, s.id), q.deploymentStatusJSON(d, s)), nil
}

func (q *request) deactivateOthers(d *deployment) {
	for _, other := range q.repository.deployments {
		if n := len(other.Statuses); other != d && other.Environment == d.Environment && n > 0 && other.Statuses[n-1].State == "success" {
			other.Statuses = append(other.Statuses, DeploymentStatus{State: "inactive", id: q.github.newID(), at: q.github.now()})
		}
	}
}

func (q *request) listDeploymentStatuses() (answer, error) {
	d := q.deployment()
	if d == nil {
		return answer{}, notFound()
	}
	newest := slices.Clone(d.Statuses)
	slices.Reverse(newest)
	return list(q, newest, func(s DeploymentStatus) object { return q.deploymentStatusJSON(d, s) })
}

func (q *request) deploymentJSON(d *deployment) object {
	url := q.github.api("/repos/%s/deployments/%d", q.repository.fullName(), d.ID)
	return object{
		"id": d.ID, "node_id": nodeID("DE", d.ID), "sha": d.SHA, "ref": d.Ref, "task": "deploy", "environment": d.Environment,
		"original_environment": d.Environment, "creator": q.github.userJSON(d.app.bot), "payload": d.payload, "description": orNull(d.Description),
		"statuses_url": url + "/statuses", "repository_url": q.github.api("/repos/%s", q.repository.fullName()), "url": url,
		"created_at": stamp(d.at), "updated_at": stamp(d.at), "transient_environment": false, "production_environment": d.Environment == "production",
	}
}

func (q *request) deploymentStatusJSON(d *deployment, s DeploymentStatus) object {
	url := q.github.api("/repos/%s/deployments/%d", q.repository.fullName(), d.ID)
	return object{
		"id": s.id, "node_id": nodeID("DES", s.id), "state": s.State, "creator": q.github.userJSON(d.app.bot), "description": s.Description,
		"deployment_url": url, "target_url": s.LogURL, "log_url": s.LogURL, "environment": d.Environment, "environment_url": "",
		"repository_url": q.github.api("/repos/%s", q.repository.fullName()), "url": fmt.Sprintf("%s/statuses/%d", url, s.id),
		"created_at": stamp(s.at), "updated_at": stamp(s.at),
	}
}
