package fakegithub_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
)

func TestCommentsAreWrittenEditedAndDeleted(t *testing.T) {
	w := newWorld(t)
	issue := w.repository.OpenIssue(w.author, "Onboard", "/onboard please")
	theirs := issue.Comment(w.author, "/onboard")
	created := w.in("POST", "/issues/1/comments", object{"body": "Hello **you** <&>"})
	require.Equal(t, 201, created.status)
	assert.Equal(t, "onboard[bot]", created.object["user"].(object)["login"])
	assert.NotNil(t, created.object["performed_via_github_app"])
	path := fmt.Sprintf("/issues/comments/%.0f", created.object["id"])
	assert.Equal(t, 200, w.in("PATCH", path, object{"body": "Hello again"}).status)
	assert.Equal(t, "Hello again", w.in("GET", path, nil).object["body"])

	comments := issue.Comments()
	require.Len(t, comments, 2)
	assert.Equal(t, "Ada", comments[0].Author)
	assert.Equal(t, "Hello again", comments[1].Body)
	assert.EqualValues(t, 2, w.in("GET", "/issues/1", nil).object["comments"])

	theirs.Edit(w.author, "/onboard now")
	theirs.Delete(w.author)
	assert.Equal(t, 204, w.in("DELETE", path, nil).status)
	assert.Empty(t, issue.Comments())
	assert.Equal(t, "[]", string(w.in("GET", "/issues/1/comments", nil).raw))
}

func TestCommentsAreListedSince(t *testing.T) {
	w := newWorld(t)
	issue := w.repository.OpenIssue(w.author, "Onboard", "")
	old := issue.Comment(w.author, "old")
	issue.Comment(w.author, "older, never touched")
	w.advance(time.Minute)
	since := w.now().UTC().Format(time.RFC3339)
	old.Edit(w.author, "old, but edited")
	issue.Comment(w.author, "new")
	r := w.in("GET", "/issues/1/comments?since="+since, nil)
	require.Len(t, r.list, 2)
	assert.Equal(t, "old, but edited", r.list[0]["body"])
}

func TestATimeThatIsNoneIs422(t *testing.T) {
	w := newLooseWorld(t)
	w.repository.OpenIssue(w.author, "Onboard", "")
	assert.Equal(t, 422, w.in("GET", "/issues/1/comments?since=yesterday", nil).status)
}

func TestCommentsThatAreEmptyOrTooLongAre422(t *testing.T) {
	w := newWorld(t)
	w.repository.OpenIssue(w.author, "Onboard", "")
	assert.Equal(t, 422, w.in("POST", "/issues/1/comments", object{"body": " "}).status)
	assert.Equal(t, 422, w.in("POST", "/issues/1/comments", object{"body": strings.Repeat("ä", 65_537)}).status)
	assert.Equal(t, 201, w.in("POST", "/issues/1/comments", object{"body": strings.Repeat("ä", 65_536)}).status)
}

func TestAReactionIsNewOnce(t *testing.T) {
	w := newWorld(t)
	issue := w.repository.OpenIssue(w.author, "Onboard", "")
	comment := issue.Comment(w.author, "/onboard")
	path := fmt.Sprintf("/issues/comments/%d/reactions", comment.ID)
	assert.Equal(t, 201, w.in("POST", path, object{"content": "eyes"}).status)
	assert.Equal(t, 200, w.in("POST", path, object{"content": "eyes"}).status)
	assert.Equal(t, 201, w.in("POST", path, object{"content": "rocket"}).status)
	assert.Equal(t, 201, w.in("POST", "/issues/1/reactions", object{"content": "+1"}).status)
	assert.Equal(t, []fakegithub.Reaction{{Content: "eyes", By: "onboard[bot]"}, {Content: "rocket", By: "onboard[bot]"}}, comment.Reactions())
	assert.Equal(t, comment.Reactions(), issue.Comments()[0].Reactions)
	assert.Len(t, issue.Reactions(), 1)
	assert.Len(t, w.in("GET", path+"?content=eyes", nil).list, 1)
	assert.Len(t, w.in("GET", "/issues/1/reactions", nil).list, 1)
}

func TestLabelsAreMadeChangedAndDeleted(t *testing.T) {
	w := newWorld(t)
	r := w.in("POST", "/labels", object{"name": "stage:licence", "color": "00ff00", "description": "The licence"})
	require.Equal(t, 201, r.status)
	again := w.in("POST", "/labels", object{"name": "Stage:Licence"})
	assert.Equal(t, 422, again.status)
	assert.Equal(t, "already_exists", again.object["errors"].([]any)[0].(object)["code"])
	assert.Equal(t, 200, w.in("PATCH", "/labels/STAGE:licence", object{"new_name": "stage:a/b", "color": "112233"}).status)
	assert.Equal(t, "112233", w.in("GET", "/labels/stage:a%2Fb", nil).object["color"])
	assert.Equal(t, "The licence", w.repository.Labels()[0].Description)
	assert.Equal(t, 204, w.in("DELETE", "/labels/stage:a%2Fb", nil).status)
	assert.Empty(t, w.repository.Labels())
	for _, body := range []object{
		{"name": strings.Repeat("x", 51)}, {"name": "x", "description": strings.Repeat("x", 101)}, {"name": "x", "color": "#00ff00"},
	} {
		assert.Equal(t, 422, w.in("POST", "/labels", body).status)
	}
}

func TestLabelsArePutOnAndTakenOff(t *testing.T) {
	w := newWorld(t)
	issue := w.repository.OpenIssue(w.author, "Onboard", "")
	r := w.in("POST", "/issues/1/labels", object{"labels": []string{"stage:licence", "new"}})
	require.Equal(t, 200, r.status, "%s", r.raw)
	assert.Equal(t, []string{"stage:licence", "new"}, issue.Labels())
	assert.Len(t, w.repository.Labels(), 2, "unknown names make labels")
	issue.AddLabel(w.author, "NEW")
	assert.Len(t, w.in("GET", "/issues/1/labels", nil).list, 2)
	assert.Equal(t, 200, w.in("DELETE", "/issues/1/labels/stage:licence", nil).status)
	assert.Equal(t, 404, w.in("DELETE", "/issues/1/labels/stage:licence", nil).status)
	issue.RemoveLabel(w.author, "new")
	assert.Empty(t, issue.Labels())
	assert.Equal(t, 422, w.in("POST", "/issues/1/labels", object{"labels": []string{strings.Repeat("x", 51)}}).status)
}

func TestABareListOfLabelsIsTakenToo(t *testing.T) {
	w := newLooseWorld(t)
	issue := w.repository.OpenIssue(w.author, "Onboard", "")
	assert.Equal(t, 200, w.in("POST", "/issues/1/labels", []string{"a"}).status)
	assert.Equal(t, 200, w.in("POST", "/issues/1/labels", object{"labels": []object{{"name": "b"}}}).status)
	assert.Equal(t, 422, w.in("POST", "/issues/1/labels", object{"labels": []int{1}}).status)
	assert.Equal(t, []string{"a", "b"}, issue.Labels())
}
