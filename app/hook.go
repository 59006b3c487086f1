package app

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/palantir/go-githubapp/githubapp"
	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/queue"
	"github.com/onboard-app/onboard/handlers"
)

// HookPath is where GitHub delivers.
const HookPath = githubapp.DefaultWebhookRoute

// Bounds of what is read from outside (S17).
const (
	maxDelivery = 25 << 20 // bytes; GitHub sends no more (github-facts.md section 6)
	usual       = 1 << 20  // bytes; deliveries are rarely larger
	maxUnusual  = 2        // deliveries larger than usual that are read at a time
	promised    = 64 << 10 // bytes that are set aside before they arrive
)

// newHook answers POST /api/github/hook: it checks size and signature, and
// answers 202 once the delivery is committed. Any of the secrets may have signed it.
//
// It takes the place of go-githubapp's dispatcher, which falls back to SHA-1 where the
// 256 header is missing, accepts anything for an empty secret, reads bodies of any
// size (github-facts.md section 6), and costs as much as all else that is done here.
func newHook(secrets func() Secret, scheduler githubapp.Scheduler) http.Handler {
	unusual := make(chan struct{}, maxUnusual)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		size := r.ContentLength
		switch {
		case !strings.HasPrefix(r.Header.Get(signature), "sha256="):
			http.Error(w, "The delivery is not signed: X-Hub-Signature-256 is missing or not SHA-256.", http.StatusUnauthorized)
			return
		case size > maxDelivery:
			http.Error(w, "The delivery is larger than 25 MiB.", http.StatusRequestEntityTooLarge)
			return
		case size < 0 || size > usual:
			// Anybody can send these, slowly, before the signature is known to
			// be forged. They may hold up one another, but not the usual ones.
			select {
			case unusual <- struct{}{}:
				defer func() { <-unusual }()
			default:
				tryLater(w, "Too many large deliveries at a time.")
				return
			}
		}
		delivery, err := receive(w, r, secrets().lines())
		if err == nil {
			err = scheduler.Schedule(r.Context(), delivery)
		}
		if err != nil {
			refuseDelivery(w, r, err)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})
}

// signature is the header with what GitHub signed a delivery with.
const signature = "X-Hub-Signature-256"

// What receive finds wrong with a delivery.
var (
	errForged  = errors.New("none of the secrets signed it")
	errNoEvent = errors.New("X-GitHub-Event names no event of GitHub's")
	errForm    = errors.New("it is neither JSON nor a form with JSON in it")
)

// receive reads a delivery and checks who signed it. What headers say is not signed (S14).
func receive(w http.ResponseWriter, r *http.Request, secrets []string) (githubapp.Dispatch, error) {
	d := githubapp.Dispatch{EventType: r.Header.Get("X-GitHub-Event"), DeliveryID: r.Header.Get("X-GitHub-Delivery")}
	if d.EventType == "" || d.EventType == handlers.PageEvent { // the latter is the App's own
		return d, errNoEvent
	}
	var body bytes.Buffer
	// As large as the body says it is, within a bound: anybody can promise a lot.
	body.Grow(int(min(max(r.ContentLength, 0), promised)) + bytes.MinRead)
	if _, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, maxDelivery)); err != nil {
		return d, fmt.Errorf("read the delivery: %w", err)
	}
	if !signed(secrets, r.Header.Get(signature), body.Bytes()) {
		return d, errForged
	}
	var err error
	d.Payload, err = payloadOf(r.Header.Get("Content-Type"), body.Bytes())
	return d, err
}

// signed tells whether one of the secrets signed a body. An empty one signs nothing.
func signed(secrets []string, signature string, body []byte) bool {
	for _, secret := range secrets {
		if secret != "" && hmac.Equal([]byte(signature), []byte(signatureOf(secret, body))) {
			return true
		}
	}
	return false
}

// signatureOf is what GitHub signs a body with (github-facts.md section 6).
func signatureOf(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// payloadOf is the JSON in a body: all of it or, if the webhook is configured so, a
// field of a form.
func payloadOf(contentType string, body []byte) ([]byte, error) {
	switch kind, _, _ := mime.ParseMediaType(contentType); kind { // "" if it is none
	case "application/json":
		return body, nil
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errForm, err)
		}
		return []byte(form.Get("payload")), nil
	default:
		return nil, errForm
	}
}

// tryLater answers what GitHub will keep as failed, and we ask for again.
func tryLater(w http.ResponseWriter, why string) {
	w.Header().Set("Retry-After", "30")
	http.Error(w, why, http.StatusServiceUnavailable)
}

// refuseDelivery answers a delivery that cannot be taken.
func refuseDelivery(w http.ResponseWriter, r *http.Request, err error) {
	var tooLarge *http.MaxBytesError
	log := zerolog.Ctx(r.Context())
	switch {
	case errors.As(err, &tooLarge):
		http.Error(w, "The delivery is larger than 25 MiB.", http.StatusRequestEntityTooLarge)
	case errors.Is(err, errNoEvent):
		http.Error(w, "X-GitHub-Event names no event of GitHub's.", http.StatusBadRequest)
	case errors.Is(err, errForged), errors.Is(err, errForm):
		log.Warn().Err(err).Str("delivery", cut(r.Header.Get("X-GitHub-Delivery"))).Msg("refused a delivery")
		http.Error(w, "The signature or the content type is not right.", http.StatusUnauthorized)
	case errors.Is(err, queue.ErrMalformed), errors.Is(err, handlers.ErrMalformed):
		http.Error(w, "The delivery is malformed: it needs X-GitHub-Delivery and a JSON payload.", http.StatusBadRequest)
	case errors.Is(err, queue.ErrBusy):
		log.Warn().Err(err).Msg("could not store a delivery in time")
		tryLater(w, "Too many deliveries wait to be stored.")
	default: // the database
		log.Error().Err(err).Msg("could not store a delivery")
		tryLater(w, "The delivery could not be stored.")
	}
}
