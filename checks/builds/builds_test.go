package builds

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/bundle/bundletest"
)

var now = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

func TestAFileIsRememberedAsItWas(t *testing.T) {
	text := rapid.StringMatching(`[ -~]{0,20}`)
	rapid.Check(t, func(rt *rapid.T) {
		file := File{
			ID: text.Draw(rt, "id"), Version: text.Draw(rt, "version"), SHA256: text.Draw(rt, "sha256"),
			Bytes: rapid.Int64Range(0, 1<<40).Draw(rt, "bytes"), Revision: text.Draw(rt, "revision"),
			ETag: text.Draw(rt, "etag"), LastModified: text.Draw(rt, "last modified"),
			ReadAt: now.Add(-time.Duration(rapid.IntRange(0, 1e6).Draw(rt, "age")) * time.Second),
		}
		kept := checks.Finding{Rule: "release/bundle-html", Message: "x"}
		if rapid.Bool().Draw(rt, "a problem") {
			file.Problems = []checks.Finding{kept}
		}
		result := checks.Result{Facts: file.Facts(), Findings: append([]checks.Finding{{Rule: "release/mutable"}}, file.Problems...)}
		assert.Equal(rt, file, Remember(result, "release", now))
		assert.Equal(rt, file, Remember(bundletest.Stored(t, result), "release", now))
	})
}

func TestHostileFactsCountAsMissing(t *testing.T) {
	for name, value := range map[string]any{
		"nothing": nil, "a list": []any{"x"}, "a truth": true, "a mapping": map[string]any{"id": "x"},
	} {
		facts := Facts{"x": value}
		assert.Empty(t, facts.Text("x"), name)
		assert.Zero(t, facts.Whole("x"), name)
		assert.Zero(t, facts.Moment("x", now), name)
	}
	assert.Zero(t, Facts{"x": Stamp(now.Add(time.Second))}.Moment("x", now), "nobody has read a file in the future")
	assert.Zero(t, Facts(nil).Whole("x"))
	assert.Empty(t, Stamp(time.Time{}))
}

func TestFindingsAreOfDocumentedRulesOnly(t *testing.T) {
	own := []checks.Rule{{ID: "release/x", Severity: checks.Warning, Fix: "Mend it."}}
	all := Rules("release", own)
	assert.Equal(t, own, all[:1])
	assert.Equal(t, checks.Finding{Rule: "release/x", Severity: checks.Warning, Message: "No.", Fix: "Mend it."}, checks.NewFinding(own, "release/x", "No."))
	assert.Panics(t, func() { checks.NewFinding(own, "release/y", "No.") })
}
