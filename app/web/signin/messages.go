package signin

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"github.com/rs/zerolog"
)

// Message is what somebody is told who could not be signed in or out.
type Message struct {
	Title string
	Text  string
	Again string // the path that tries again; "" if that does not help
}

var (
	notBegun = Message{
		Title: "Please sign in again", Again: LoginPath,
		Text: "This sign-in was not begun in this browser, was begun in another tab since, or is older than ten minutes.",
	}
	denied = Message{Title: "You are not signed in", Text: "You told GitHub not to say who you are.", Again: LoginPath}
	failed = Message{Title: "That did not work", Text: "GitHub or the database did not answer as they should. Please try again in a moment.", Again: LoginPath}
	used   = Message{Title: "Please sign in again", Text: "This sign-in was used before.", Again: LoginPath}
)

// refusal is GitHub's word for why somebody is not signed in, such as
// bad_verification_code.
type refusal string

func (r refusal) Error() string { return fmt.Sprintf("GitHub signs nobody in: %q", string(r)) }

// errUsed says that a sign-in has led to a session already.
var errUsed = errors.New("the sign-in was used before")

// word is what GitHub's words look like. Nothing else of an address is shown.
var word = regexp.MustCompile(`^[a-z_]{1,50}$`)

func (r refusal) message() Message {
	text := "It gives no reason that we know."
	switch {
	case r == "bad_verification_code":
		text = "What your browser brought back was too old, or was used before."
	case word.MatchString(string(r)):
		text = fmt.Sprintf("It says %s. Please tell whoever runs this.", string(r))
	}
	return Message{Title: "GitHub did not sign you in", Text: text, Again: LoginPath}
}

// fail tells why something did not work, and logs it.
func (s *SignIn) fail(w http.ResponseWriter, r *http.Request, err error) {
	zerolog.Ctx(r.Context()).Warn().Err(err).Str("path", r.URL.Path).Msg("could not sign somebody in or out")
	var said refusal
	switch {
	case errors.As(err, &said):
		s.options.Page(w, r, http.StatusBadRequest, said.message())
	case errors.Is(err, errUsed):
		s.options.Page(w, r, http.StatusBadRequest, used)
	default:
		s.options.Page(w, r, http.StatusBadGateway, failed)
	}
}

// closed answers while sign-in is off.
func (s *SignIn) closed(w http.ResponseWriter, r *http.Request) bool {
	if s.off != "" {
		s.options.Page(w, r, http.StatusServiceUnavailable, Message{Title: "Nobody can sign in here", Text: s.off})
	}
	return s.off != ""
}

// plain shows a message as text.
func plain(w http.ResponseWriter, _ *http.Request, status int, m Message) {
	http.Error(w, m.Title+"\n\n"+m.Text, status)
}
