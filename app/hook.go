package app

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
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
)

// newHook answers POST /api/github/hook: it checks size and signature, and
// answers 202 once the delivery is committed. Any of the secrets may have signed it.
//
// go-github alone would fall back to SHA-1 where the 256 header is missing,
// accept anything for an empty secret, and read bodies of any size
// (github-facts.md section 6).
func newHook(events []githubapp.EventHandler, secrets func() Secret, scheduler githubapp.Scheduler) http.Handler {
	dispatch := func(secret string) http.Handler {
		return githubapp.NewEventDispatcher(events, secret,
			githubapp.WithScheduler(scheduler),
			githubapp.WithErrorCallback(refuseDelivery),
			githubapp.WithResponseCallback(func(w http.ResponseWriter, _ *http.Request, _ string, _ bool) {
				w.WriteHeader(http.StatusAccepted)
			}))
	}
	unusual := make(chan struct{}, maxUnusual)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		size := r.ContentLength
		switch {
		case !strings.HasPrefix(r.Header.Get(signature), "sha256="): // go-github takes sha1= there, too
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
		r.Body = http.MaxBytesReader(w, r.Body, maxDelivery)
		body, err := io.ReadAll(r.Body)
		if err != nil {
			refuseDelivery(w, r, githubapp.ValidationError{DeliveryID: r.Header.Get("X-GitHub-Delivery"), Cause: err})
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		dispatch(signer(secrets().lines(), r.Header.Get(signature), body)).ServeHTTP(w, r)
	})
}

// signature is the header with what GitHub signed a delivery with.
const signature = "X-Hub-Signature-256"

// signer is which of the secrets signed a body; the first one if none did, by which
// the delivery is refused. go-github looks again: what is taken is what it takes.
func signer(secrets []string, signature string, body []byte) string {
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		if hmac.Equal([]byte(signature), []byte("sha256="+hex.EncodeToString(mac.Sum(nil)))) {
			return secret
		}
	}
	return secrets[0]
}

// tryLater answers what GitHub will keep as failed, and we ask for again.
func tryLater(w http.ResponseWriter, why string) {
	w.Header().Set("Retry-After", "30")
	http.Error(w, why, http.StatusServiceUnavailable)
}

// refuseDelivery answers a delivery that cannot be taken.
func refuseDelivery(w http.ResponseWriter, r *http.Request, err error) {
	var tooLarge *http.MaxBytesError
	var invalid githubapp.ValidationError
	log := zerolog.Ctx(r.Context())
	switch {
	case errors.As(err, &tooLarge), errors.As(err, &invalid) && errors.As(invalid.Cause, &tooLarge):
		http.Error(w, "The delivery is larger than 25 MiB.", http.StatusRequestEntityTooLarge)
	case errors.As(err, &invalid) && r.Header.Get("X-GitHub-Event") == "":
		http.Error(w, "X-GitHub-Event is missing.", http.StatusBadRequest)
	case errors.As(err, &invalid):
		log.Warn().Err(invalid.Cause).Str("delivery", invalid.DeliveryID).Msg("refused a delivery")
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
