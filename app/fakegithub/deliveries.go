package fakegithub

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // GitHub still sends X-Hub-Signature
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Delivery is one webhook sent, or to be sent, to an App.
type Delivery struct {
	ID          int64  // of this attempt
	GUID        string // of the event: redeliveries keep it
	Event       string
	Action      string // "" if the event has none
	Redelivery  bool
	Answered    bool // false while it waits or is under way
	StatusCode  int  // 0 if there was no HTTP answer
	Error       string
	Answer      string // body of the answer, the first 64 KiB
	DeliveredAt time.Time
	Duration    time.Duration
	Headers     http.Header
	Payload     []byte
}

type delivery struct {
	Delivery
	app            *App
	installationID int64
	repositoryID   int64
	answerHeaders  http.Header
}

// Deliveries returns all deliveries in the order they were caused.
func (g *GitHub) Deliveries() []Delivery {
	defer g.lock()()
	var all []Delivery
	for _, d := range g.deliveries {
		view := d.Delivery
		view.Headers, view.Payload = d.Headers.Clone(), slices.Clone(d.Payload)
		all = append(all, view)
	}
	return all
}

// Settled waits until every delivery sent so far was answered or failed.
func (g *GitHub) Settled(ctx context.Context) error {
	return g.Wait(ctx, func() bool {
		defer g.lock()()
		return g.unanswered == 0
	})
}

// Redeliver sends a delivery again: same GUID and payload, new id. An unknown id does nothing.
func (g *GitHub) Redeliver(id int64) {
	defer g.lock()()
	if d := g.delivery(id); d != nil {
		g.sendAgain(d)
	}
}

// Deliver sends a made-up or repeated event to every App, signed with its secret.
func (g *GitHub) Deliver(event, guid string, payload []byte) {
	defer g.lock()()
	var about struct{ Action string }
	_ = json.Unmarshal(payload, &about) // what is no JSON has no action
	for _, app := range g.apps {
		g.send(&delivery{Delivery: Delivery{GUID: guid, Event: event, Action: about.Action, Payload: slices.Clone(payload)}, app: app})
	}
}

func (g *GitHub) delivery(id int64) *delivery {
	index := slices.IndexFunc(g.deliveries, func(d *delivery) bool { return d.ID == id })
	if index < 0 {
		return nil
	}
	return g.deliveries[index]
}

func (g *GitHub) sendAgain(d *delivery) {
	again := &delivery{app: d.app, installationID: d.installationID, repositoryID: d.repositoryID}
	again.Delivery = Delivery{GUID: d.GUID, Event: d.Event, Action: d.Action, Payload: d.Payload, Redelivery: true}
	g.send(again)
}

// enqueue sends a new event to an App.
func (g *GitHub) enqueue(app *App, event, action string, installation, repository int64, payload object) {
	g.send(&delivery{
		Delivery: Delivery{GUID: newGUID(), Event: event, Action: action, Payload: encode(payload)},
		app:      app, installationID: installation, repositoryID: repository,
	})
}

// send signs a delivery and puts it into the App's queue, which one goroutine, or a
// few, empty and which has no goroutine while it is empty.
func (g *GitHub) send(d *delivery) {
	if d.app.unhooked {
		return // and GitHub keeps none
	}
	d.ID = g.newID()
	d.Headers = http.Header{}
	for name, value := range map[string]string{
		"Accept":                                 "*/*",
		"Content-Type":                           "application/json",
		"User-Agent":                             "GitHub-Hookshot/fa4e000",
		"X-GitHub-Event":                         d.Event,
		"X-GitHub-Delivery":                      d.GUID,
		"X-GitHub-Hook-ID":                       strconv.FormatInt(d.app.hookID, 10),
		"X-GitHub-Hook-Installation-Target-ID":   strconv.FormatInt(d.app.ID, 10),
		"X-GitHub-Hook-Installation-Target-Type": "integration",
		"X-Hub-Signature":                        "sha1=" + sign(sha1.New, d.app.WebhookSecret, d.Payload),
		"X-Hub-Signature-256":                    "sha256=" + sign(sha256.New, d.app.WebhookSecret, d.Payload),
	} {
		d.Headers.Set(name, value)
	}
	g.deliveries = append(g.deliveries, d)
	g.unanswered++
	d.app.queue = append(d.app.queue, d)
	g.touch()
	if d.app.delivering < max(1, g.options.Deliveries) && g.ctx.Err() == nil {
		d.app.delivering++
		g.running.Go(func() { g.deliverTo(d.app) })
	}
}

func sign(algorithm func() hash.Hash, secret string, payload []byte) string {
	mac := hmac.New(algorithm, []byte(secret))
	mac.Write(payload)
	return hex.EncodeToString(mac.Sum(nil))
}

// newGUID makes a random UUID (version 4).
func newGUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// deliverTo empties an App's queue, one delivery after another, be it beside others.
func (g *GitHub) deliverTo(app *App) {
	for {
		d, target := g.nextDelivery(app)
		if d == nil {
			return
		}
		g.post(d, target)
	}
}

func (g *GitHub) nextDelivery(app *App) (d *delivery, target string) {
	defer g.lock()()
	if len(app.queue) == 0 {
		app.delivering--
		return nil, ""
	}
	d, app.queue = app.queue[0], app.queue[1:]
	return d, app.hookURL
}

// post sends one delivery and records what came of it. There is no retry (facts 6).
func (g *GitHub) post(d *delivery, target string) {
	began := time.Now()
	status, header, body, err := g.exchange(d, target)
	defer g.lock()()
	g.unanswered--
	d.Answered, d.StatusCode, d.answerHeaders, d.Answer = true, status, header, string(body)
	d.DeliveredAt, d.Duration = g.now(), time.Since(began)
	if err != nil {
		d.Error = err.Error()
	}
	g.touch()
}

func (g *GitHub) exchange(d *delivery, target string) (status int, header http.Header, body []byte, err error) {
	if target == "" {
		return 0, nil, nil, fmt.Errorf("deliver %s: the App has no webhook URL", d.Event)
	}
	request, err := http.NewRequestWithContext(g.ctx, http.MethodPost, target, bytes.NewReader(d.Payload))
	if err != nil {
		return 0, nil, nil, fmt.Errorf("deliver %s: %w", d.Event, err)
	}
	request.Header = d.Headers.Clone()
	response, err := g.hooks.Do(request)
	if err != nil {
		return 0, nil, nil, fmt.Errorf("deliver %s: %w", d.Event, err)
	}
	body, err = io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if closeErr := response.Body.Close(); err == nil {
		err = closeErr
	}
	return response.StatusCode, response.Header, body, err
}

// listDeliveries pages by cursor, newest first. A delivery without an HTTP
// status is in neither filter: whether GitHub's failure filter shows it is
// unknown (facts 6), and this is the worse of the two.
func (q *request) listDeliveries() (answer, error) {
	size, err := q.number("per_page", 30)
	if err != nil {
		return answer{}, err
	}
	size = min(size, 100)
	query := q.URL.Query()
	filter := query.Get("status")
	if filter != "" && filter != "success" && filter != "failure" {
		return answer{}, malformed("For 'status', %q is not one of success, failure.", filter)
	}
	below, err := strconv.ParseInt(strings.TrimPrefix(query.Get("cursor"), "v1_"), 10, 64)
	if query.Has("cursor") && err != nil {
		return answer{}, failure(http.StatusBadRequest, "Invalid cursor")
	}
	rows, header := []object{}, http.Header{}
	for _, d := range slices.Backward(q.github.deliveries) {
		wanted := d.app == q.app && d.Answered && (below == 0 || d.ID < below)
		if !wanted || (filter != "" && (d.StatusCode == 0 || (filter == "success") != (d.StatusCode/100 == 2))) {
			continue
		}
		if len(rows) == size {
			next := url.Values{"per_page": {strconv.Itoa(size)}, "cursor": {fmt.Sprintf("v1_%d", rows[size-1]["id"])}}
			if filter != "" {
				next.Set("status", filter)
			}
			header.Set("Link", fmt.Sprintf(`<%s?%s>; rel="next"`, q.github.api("/app/hook/deliveries"), next.Encode()))
			break
		}
		rows = append(rows, deliveryJSON(d))
	}
	return answer{status: http.StatusOK, header: header, body: rows}, nil
}

func (q *request) ownDelivery() *delivery {
	if d := q.github.delivery(q.id("delivery_id")); d != nil && d.app == q.app {
		return d
	}
	return nil
}

func (q *request) getDelivery() (answer, error) {
	d := q.ownDelivery()
	if d == nil {
		return answer{}, notFound()
	}
	body := deliveryJSON(d)
	maps.Copy(body, object{
		"url":      d.app.hookURL,
		"request":  object{"headers": flat(d.Headers), "payload": json.RawMessage(d.Payload)},
		"response": object{"headers": flat(d.answerHeaders), "payload": orNull(d.Answer)},
	})
	if !json.Valid(d.Payload) {
		body["request"].(object)["payload"] = nil
	}
	return reply(http.StatusOK, body), nil
}

func (q *request) redeliver() (answer, error) {
	d := q.ownDelivery()
	if d == nil {
		return answer{}, notFound()
	}
	q.github.sendAgain(d)
	return reply(http.StatusAccepted, object{}), nil
}

func deliveryJSON(d *delivery) object {
	status := d.Error
	if d.StatusCode != 0 {
		status = fmt.Sprintf("Invalid HTTP Response: %d", d.StatusCode)
	}
	if d.StatusCode/100 == 2 {
		status = "OK"
	}
	row := object{
		"id": d.ID, "guid": d.GUID, "delivered_at": stamp(d.DeliveredAt), "redelivery": d.Redelivery,
		"duration": float64(d.Duration.Milliseconds()) / 1000, "status": status, "status_code": d.StatusCode,
		"event": d.Event, "action": orNull(d.Action), "installation_id": nil, "repository_id": nil, "throttled_at": nil,
	}
	if d.installationID != 0 {
		row["installation_id"] = d.installationID
	}
	if d.repositoryID != 0 {
		row["repository_id"] = d.repositoryID
	}
	return row
}

// flat shows the first value of each header, null if there are none.
func flat(header http.Header) any {
	if header == nil {
		return nil
	}
	shown := object{}
	for name := range header {
		shown[name] = header.Get(name)
	}
	return shown
}
