package startertemplate

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/checkstest"
	"github.com/onboard-app/onboard/checks/template"
)

func TestMeasuredPluginsComeOutAsMeasured(t *testing.T) {
	index, err := template.Builtin()
	require.NoError(t, err)
	version := map[string]int{}
	for i, commit := range index.Commits() {
		version[commit.SHA] = i
	}
	for _, row := range checkstest.Plugins(t) {
		t.Run(row["repo"], func(t *testing.T) {
			subject := checkstest.Cloned(t, row["repo"], row["head_sha"])
			result, err := checks.Run(t.Context(), New(nil), subject)
			require.NoError(t, err)
			for _, f := range result.Findings {
				t.Logf("%s %s %s:%d %s", f.Severity, f.Rule, f.Path, f.Line, f.Message)
			}
			facts := result.Facts
			assert.Equal(t, row["derived"], facts["derived"])
			assert.Equal(t, row["n_exact"], strconv.Itoa(facts["unmodified"].(int)))
			assert.Equal(t, row["files"], strconv.Itoa(facts["unmodified"].(int)+facts["modified"].(int)+facts["own"].(int)))
			for rule, column := range map[string]string{
				leftURL: "leftover_urls", leftReadme: "readme_tpl_sentence", modulePath: "module_is_template", icon: "tpl_icon_blob", helloHTML: "public_hello_html",
			} {
				n := 0
				for _, f := range result.Findings {
					if f.Rule == rule {
						n++
					}
				}
				assert.Equal(t, row[column], strconv.Itoa(n), column)
			}
			t.Logf("modified %d (near %s), own %d (own %s + replaced %s), missed %d", facts["modified"], row["n_near"], facts["own"], row["n_own"], row["n_replaced"], facts["missed"])
			if row["derived"] == "no" {
				assert.Nil(t, facts["nearest"])
				return
			}
			assert.Equal(t, row["n_tpl_deleted"], strconv.Itoa(facts["deleted"].(int)))
			assert.Equal(t, row["base_index"], strconv.Itoa(version[facts["nearest"].(string)]))
			interval := facts["interval"].([]string)
			assert.Equal(t, row["tie_range"], fmt.Sprintf("%d-%d", version[interval[0]], version[interval[1]]))
		})
	}
}
