package texts

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/app/onboarding"
)

// viewOf is the view of a review PR that shows this.
func viewOf(pull *Pull) View {
	pull.Branch, pull.Source, pull.Template = "main", strings.Repeat("a", 40), "acme/starter"
	return View{
		Repository: "acme/x", WebURL: "https://github.com", Pull: pull,
		Record: onboarding.Record{Issue: 1, ReviewPR: &onboarding.ReviewPR{Number: 2, URL: "https://github.com/acme/x/pull/2"}},
	}
}

func TestAPRTextThatIsTooLongIsCutItemByItem(t *testing.T) {
	pull := &Pull{}
	for i := range 150 {
		path := fmt.Sprintf("server/%s/%03d.go", strings.Repeat("x", 250), i)
		pull.Modified, pull.Deleted = append(pull.Modified, PulledFile{Path: path}), append(pull.Deleted, path)
	}
	body := viewOf(pull).PullBody()
	assert.Regexp(t, `\n- … and \d+ more, among \[all files\]\(https://github.com/acme/x/tree/a{40}\)\n`, body)
	assert.Equal(t, 2, strings.Count(body, "\n</details>"), "each folded part ends")
	assert.Contains(t, body, "Shows commit")
	assert.NotContains(t, body, "`onboard check` prints all of it")
	assert.NotContains(t, body, "The rest is cut")
}

func TestAttackNoKindOfUnseenFilesPushesOutAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pull := &Pull{}
		kinds := map[string]bool{}
		for range rapid.IntRange(1, 14).Draw(t, "groups") {
			kind := rapid.SampledFrom(unseenKinds).Draw(t, "kind").kind
			path := strings.Repeat(rapid.SampledFrom([]string{"x", "ü", "`", "a/", "]("}).Draw(t, "of"), rapid.SampledFrom([]int{1, 50, 1500}).Draw(t, "length"))
			for i := range rapid.SampledFrom([]int{1, 3, 90}).Draw(t, "files") {
				pull.Unseen = append(pull.Unseen, Unseen{Path: fmt.Sprintf("%s%03d", path, i), Kind: kind})
			}
			kinds[kind] = true
		}
		view := viewOf(pull)
		lists := view.Unseens()
		assert.Len(t, lists, len(kinds))
		files := 0
		for _, l := range lists {
			assert.NotEmpty(t, l.Items, l.Count)
			files += len(l.Items) + l.More
		}
		assert.Equal(t, len(pull.Unseen), files)
		assert.NotContains(t, view.PullBody(), "The rest is cut")
		text := render("run-text", runData{View: view, Standing: onboarding.Standing{Kind: onboarding.Review}})
		assert.LessOrEqual(t, len(text), maxOutput)
	})
}

func TestATextThatIsCutClosesWhatItOpened(t *testing.T) {
	long := strings.Repeat("a line\n", maxOutput/5)
	for name, test := range map[string]struct{ text, end string }{
		"nothing is open":    {long, "a line\n\nThe rest is cut"},
		"folded away":        {"<details><summary>x</summary>\n\n" + long, "a line\n\n</details>\n\nThe rest is cut"},
		"unfolded before":    {"<details>\n</details>\n" + long, "a line\n\nThe rest is cut"},
		"in a code block":    {"  ````\n  ```\n" + long, "a line\n  ````\n\nThe rest is cut"},
		"after a code block": {"```sh\n<details>\n```\n" + long, "a line\n\nThe rest is cut"},
		"in both":            {"<details>\n```\n" + long, "a line\n  ```\n\n</details>\n\nThe rest is cut"},
		"one line":           {strings.Repeat("x", maxOutput+1), "\nThe rest is cut"},
	} {
		t.Run(name, func(t *testing.T) {
			cut := clip(test.text, "It is elsewhere.")
			assert.LessOrEqual(t, len(cut), 65_535)
			assert.True(t, strings.HasSuffix(cut, test.end+": GitHub shows no longer text here. It is elsewhere.\n"), cut[max(0, len(cut)-200):])
		})
	}
	assert.Equal(t, "short\n", clip("short\n", ""))
}
