package mattermost

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
)

// maxPost is how long a post may be, in runes: longer ones are split by webhooks, and
// refused otherwise (mattermost-api.md).
const maxPost = 16383

// Message is a text in a channel.
type Message struct {
	Channel string // id of the channel
	Root    string // id of the post in whose thread it is; "" for none
	Name    string // tells it from all others in the channel
	Text    string // Markdown; mentions in it are live
}

// named is the property of a post that tells it from others.
const named = "onboard"

// Say posts a message by the token's account, and returns the post's id.
func (s *Server) Say(ctx context.Context, m Message) (id string, err error) {
	_, err = s.call(ctx, "post a message", func(ctx context.Context, c *model.Client4) (*model.Response, error) {
		post := &model.Post{ChannelId: m.Channel, RootId: m.Root, Message: cut(m.Text)}
		post.AddProp(named, m.Name)
		made, response, err := c.CreatePost(ctx, post)
		if err == nil && (made == nil || made.Id == "") {
			return nil, errSenseless
		}
		if err == nil {
			id = made.Id
		}
		return response, err
	})
	return id, inChannel(err)
}

// inChannel says of a refusal what it means for a post.
func inChannel(err error) error {
	if e := (*Error)(nil); errors.As(err, &e) && (e.Reason == NotInstalled || e.Reason == NotAllowed) {
		e.Reason = NoChannel
	}
	return err
}

// Edit has a post say something else. gone is true if it is not there any more.
func (s *Server) Edit(ctx context.Context, id, text string) (gone bool, err error) {
	_, err = s.call(ctx, "edit a post", func(ctx context.Context, c *model.Client4) (*model.Response, error) {
		text := cut(text)
		made, response, err := c.PatchPost(ctx, id, &model.PostPatch{Message: &text})
		if err == nil && (made == nil || made.Id != id) {
			return nil, errSenseless
		}
		return response, err
	})
	if ReasonOf(err) == NotInstalled { // 404
		return true, nil
	}
	return false, inChannel(err)
}

// Find finds a message that was posted since a time; "" if there is none.
func (s *Server) Find(ctx context.Context, channel, name string, since time.Time) (id string, err error) {
	_, err = s.call(ctx, "look for a post", func(ctx context.Context, c *model.Client4) (*model.Response, error) {
		list, response, err := c.GetPostsSince(ctx, channel, since.UnixMilli(), false)
		if err == nil && list == nil {
			return nil, errSenseless
		}
		if err == nil {
			for _, post := range list.Posts {
				if given, _ := post.GetProp(named).(string); given == name && post.DeleteAt == 0 {
					id = post.Id
				}
			}
		}
		return response, err
	})
	return id, inChannel(err)
}

// Hook posts a text by an incoming webhook, which cannot edit or thread. The URL is a
// secret, and in no error.
func (s *Server) Hook(ctx context.Context, url, text string) error {
	const op = "post by the webhook"
	ctx, cancel := context.WithTimeout(ctx, s.o.CallTime)
	defer cancel()
	body, err := json.Marshal(map[string]string{"text": cut(text)})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(string(body)))
	if err != nil {
		return &Error{Reason: Insecure, Op: op, Target: s.o.Name} // its text has the URL
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", s.o.UserAgent)
	response, err := s.http.Do(request)
	if err != nil {
		return s.explain(op, nil, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return inChannel(s.explain(op, model.BuildResponse(response), model.AppErrorFromJSON(response.Body)))
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, 64))
	if err != nil || strings.TrimSpace(string(answer)) != "ok" {
		return s.explain(op, nil, errors.Join(err, errSenseless))
	}
	return nil
}

// cut shortens a text to what a post may have.
func cut(text string) string {
	if runes := []rune(text); len(runes) > maxPost {
		return string(runes[:maxPost-1]) + "…"
	}
	return text
}
