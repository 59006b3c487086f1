package ghapi_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/reviewpr"
	"github.com/onboard-app/onboard/checks/template/templatetest"
)

func TestReviewPRCostsFewCalls(t *testing.T) {
	d := newDesk(t, nil)
	b := boilerplate{contents: map[string]string{}, versions: []templatetest.Files{{"Makefile": templatetest.Text("makefile", 40), "server/main.go": templatetest.Text("main", 30)}}}
	plugin := templatetest.Files{
		"Makefile": b.versions[0]["Makefile"] + "mine:\n", "server/main.go": b.versions[0]["server/main.go"] + "// mine\n", ".github/workflows/ci.yml": "on: push\n",
	}
	for i := range 97 {
		plugin[fmt.Sprintf("server/f%d/f%d.go", i%10, i)] = fmt.Sprint("package f", i, "\n")
	}
	for _, content := range b.versions[0] {
		b.contents[checks.BlobSHA([]byte(content))] = content
	}
	b.index = templatetest.Index(t, b.versions...)
	r, repo := d.plugin(plugin)

	began := len(d.Calls())
	for _, branch := range []string{reviewpr.BaseBranch, reviewpr.HeadBranch} {
		why, err := repo.Hindrance(t.Context(), branch)
		require.NoError(t, err)
		require.Empty(t, why)
	}
	v := d.open(t, repo, b)
	assert.Len(t, v.uploads, 2)
	assert.LessOrEqual(t, len(d.since(began)), 15+len(v.uploads), "%q", d.since(began))
	assertShown(t, r, v, plugin)

	d.ahead.Add(int64(time.Hour))
	one := "package changed\n"
	r.Push(d.alice, "Change three", map[string]*string{"server/f1/f1.go": &one, "server/f2/f2.go": &one, "new.go": &one})
	v.head, v.subject = d.subject(t, repo) // each look does that, review PR or not
	var err error
	v.plan, err = reviewpr.On(t.Context(), v.subject, b.index, v.plan.Base)
	require.NoError(t, err)

	began = len(d.Calls())
	pull, ok, err := repo.Pull(t.Context(), v.pull.Number)
	require.NoError(t, err)
	require.True(t, ok)
	branches, err := repo.Branches(t.Context(), "onboarding/")
	require.NoError(t, err)
	require.Equal(t, map[string]string{reviewpr.BaseBranch: v.baseSHA, reviewpr.HeadBranch: pull.HeadSHA}, branches)
	v.headSHA = v.next(t, d, repo, pull.HeadSHA)
	moved, err := repo.MoveBranch(t.Context(), reviewpr.HeadBranch, v.headSHA)
	require.NoError(t, err)
	require.True(t, moved)
	body := "Changed"
	require.NoError(t, repo.EditPull(t.Context(), pull.Number, ghapi.PullEdit{Body: &body}))
	assert.Equal(t, []string{
		"GET /pulls/{pull_number}", "GET /git/matching-refs/{ref}", "POST /git/trees", "POST /git/commits", "PATCH /git/refs/{ref}", "PATCH /pulls/{pull_number}",
	}, d.since(began))
}
