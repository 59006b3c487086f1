package texts_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/onboard-app/onboard/app/texts"
)

func TestMessagesOfReviewCommits(t *testing.T) {
	golden(t, "review-base", texts.ReviewBase("mattermost/mattermost-plugin-starter-template"))
	message := texts.ReviewCommit(commit)
	golden(t, "review-commit", message)
	assert.True(t, strings.HasSuffix(message, "\nOnboard-Source: "+commit+"\n"))
}

func TestTheSourceOfAReviewCommitIsItsLastLine(t *testing.T) {
	for message, want := range map[string]string{
		texts.ReviewCommit(commit):                       commit,
		"x\n\nOnboard-Source: " + commit:                 commit,
		"Onboard-Source: " + commit + "\n\nmore\n":       "",
		"x\n\n Onboard-Source: " + commit:                "",
		"x\n\nOnboard-Source: " + commit + "0":           "",
		"x\n\nOnboard-Source: " + strings.ToUpper("abc"): "",
		"": "",
	} {
		assert.Equal(t, want, texts.ReviewSource(message), message)
	}
}
