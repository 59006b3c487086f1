package fakegithub

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// grow adds a commit with these parents, later than all before.
func grow(o objects, message string, parents ...string) string {
	at := time.Unix(1_700_000_000+int64(len(o)), 0).UTC()
	who := signature{"Ada", "ada@example.org", at}
	return o.putCommit(commit{tree: o.putTree(nil), parents: parents, author: who, committer: who, message: message})
}

func TestDivergedHistoriesShareTheirNewestCommonCommit(t *testing.T) {
	r := &Repository{objects: objects{}}
	root := grow(r.objects, "root")
	common := grow(r.objects, "common", root)
	left := grow(r.objects, "left", common)
	right := grow(r.objects, "right 2", grow(r.objects, "right 1", common))
	merge := grow(r.objects, "merge", left, right)
	for name, test := range map[string]struct {
		base, head    string
		ahead, behind int
		common        string
		status        string
	}{
		"two branches":                {left, right, 2, 1, common, "diverged"},
		"a merge over a branch":       {left, merge, 3, 0, left, "ahead"},
		"the branch under the merge":  {merge, right, 0, 2, right, "behind"},
		"a commit with itself":        {right, right, 0, 0, right, "identical"},
		"histories without relation":  {right, grow(r.objects, "other"), 1, 4, "", "diverged"},
		"a commit with an older self": {right, root, 0, 3, root, "behind"},
	} {
		t.Run(name, func(t *testing.T) {
			ahead, behind, shared := r.divergence(test.base, test.head)
			assert.Equal(t, []int{test.ahead, test.behind}, []int{len(ahead), len(behind)})
			assert.Equal(t, test.common, shared)
			assert.Equal(t, test.status, relation(len(ahead), len(behind)))
		})
	}
}
