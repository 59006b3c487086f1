package web

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
)

// Badge is a small picture for a plugin's README that says how far it came.
type Badge struct {
	Label, Words string
	Colour       string // of the right half
	Left, Right  int    // widths of the halves, in pixels
}

// Colours of badges, on which white text has a contrast of 4.5 to 1.
const (
	badgeGood  = "#1a7f37"
	badgeBad   = "#c62828"
	badgeOpen  = "#0b4fc4"
	badgeFaint = "#545d6b"
)

// badgeLabel is the left half.
const badgeLabel = "onboarding"

// badge answers with a plugin's badge. What there is no badge of, or what not
// everybody may see, has one and the same, "unknown", with the status 200: the
// proxies of pages that embed pictures show none at all of a 404, and so nobody can
// tell a private repository from one that is not there. Whoever is signed in sees
// what others see, so that caches may keep it.
func (w *Web) badge() http.Handler {
	picture := template.Must(template.ParseFS(files, "templates/badge.svg"))
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		w.serve(out, r, func(v *visit) error {
			name, ok := strings.CutSuffix(v.PathValue("file"), ".svg")
			if !ok {
				return errNotFound
			}
			badge, err := w.badgeOf(v, v.PathValue("owner"), name)
			if err != nil {
				return err
			}
			var b bytes.Buffer
			if err := picture.Execute(&b, badge); err != nil {
				return fmt.Errorf("draw a badge: %w", err)
			}
			cacheable(out.Header())
			out.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
			send(out, v, "image/svg+xml; charset=utf-8", &b)
			return nil
		})
	})
}

func (w *Web) badgeOf(v *visit, owner, name string) (Badge, error) {
	unknown := badgeWith("unknown", badgeFaint)
	repository, ok, err := w.Store.RepositoryNamed(v.ctx, owner, name)
	if err != nil || !ok {
		return unknown, err
	}
	card, ok, err := w.Store.Card(v.ctx, repository.ID)
	if err != nil || !ok || hidden(repository, card.Why) {
		return unknown, err
	}
	return badgeFor(card), nil
}

// badgeFor says how far an onboarding came: the gate that it is on its way to, and
// how much of it is done.
func badgeFor(card onboarding.Card) Badge {
	gate, ok := gateNow(card)
	words := fmt.Sprintf("%s %d/%d", gate.Name, gate.Passing, gate.Total)
	switch {
	case card.Standing == "withdrawn":
		return badgeWith(card.Standing, badgeFaint)
	case !ok:
		return badgeWith("under way", badgeOpen)
	case gate.State == onboarding.Passed || gate.State == onboarding.Waived || card.Standing == "complete":
		return badgeWith(gate.Name, badgeGood)
	case card.Standing != "":
		return badgeWith(words+", "+card.Standing, badgeFaint)
	case gate.State == onboarding.Failed:
		return badgeWith(words, badgeBad)
	default:
		return badgeWith(words, badgeOpen)
	}
}

// badgeWith makes a badge wide enough for its words; the picture has them drawn
// just as wide, whatever font there is.
func badgeWith(words, colour string) Badge {
	words = texts.Line(words)
	return Badge{Label: badgeLabel, Words: words, Colour: colour, Left: widthOf(badgeLabel), Right: widthOf(words)}
}

// badgePadding is beside the words of each half, on both sides together.
const badgePadding = 10

// widthOf is how wide a half is: a letter is 6.5 pixels wide on average.
func widthOf(words string) int { return len([]rune(words))*13/2 + badgePadding }

// Width is the whole badge's.
func (b Badge) Width() int { return b.Left + b.Right }

// LabelWidth is how wide the left half's words are drawn.
func (b Badge) LabelWidth() int { return b.Left - badgePadding }

// WordsWidth is how wide the right half's words are drawn.
func (b Badge) WordsWidth() int { return b.Right - badgePadding }

// LabelMiddle is where the left half's words have their middle.
func (b Badge) LabelMiddle() int { return b.Left / 2 }

// WordsMiddle is where the right half's words have their middle.
func (b Badge) WordsMiddle() int { return b.Left + b.Right/2 }
