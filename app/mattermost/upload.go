package mattermost

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"sync"

	"github.com/mattermost/mattermost/server/public/model"
)

// upload sends a bundle, in constant memory: Client4 would hold it twice, and keep
// the connection. The request breaks off before its end if the bytes are not those
// of the bundle's SHA256, so that the server installs nothing (S6).
//
// It asks whether the server takes the bundle at all before it sends it: a server
// that does not (501) hangs up, and its answer would be lost.
func (s *Server) upload(ctx context.Context, b Bundle, content io.Reader) error {
	const op = "upload the bundle"
	client, err := s.api(op)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.o.UploadTime)
	defer cancel()
	checked := &checkedReader{from: content, hash: sha256.New(), want: b.SHA256, left: b.Bytes}
	request, err := uploadRequest(ctx, client, checked, b.Bytes)
	if err != nil {
		return fmt.Errorf("%s on %s: %w", op, s.o.Name, err)
	}
	request.Header.Set("User-Agent", s.o.UserAgent)
	response, err := s.http.Do(request)
	if err == nil {
		defer response.Body.Close()
	}
	switch failed := checked.stop(); {
	case errors.Is(failed, errChanged):
		return &Error{Reason: Changed, Op: op, Target: s.o.Name}
	case failed != nil:
		return fmt.Errorf("%s on %s: read the bundle: %w", op, s.o.Name, failed)
	case err != nil:
		return s.explain(op, nil, err)
	case response.StatusCode != http.StatusCreated:
		return s.explain(op, model.BuildResponse(response), model.AppErrorFromJSON(response.Body))
	}
	var installed model.Manifest
	if err := json.NewDecoder(response.Body).Decode(&installed); err != nil { // whatever it did is seen by looking
		return &Error{Reason: Unavailable, Op: op, Target: s.o.Name, Status: response.StatusCode, Cause: whyNot(err)}
	}
	if installed.Id != b.Plugin || installed.Version != b.Version {
		return &Error{Reason: OtherPlugin, Op: op, Target: s.o.Name}
	}
	return nil
}

// uploadRequest is a form with the bundle, and the word that it may replace what
// is there.
func uploadRequest(ctx context.Context, client *model.Client4, content io.Reader, size int64) (*http.Request, error) {
	var head strings.Builder
	form := multipart.NewWriter(&head)
	if err := form.WriteField("force", "true"); err != nil {
		return nil, err
	}
	if _, err := form.CreateFormFile("plugin", "plugin.tar.gz"); err != nil {
		return nil, err
	}
	tail := "\r\n--" + form.Boundary() + "--\r\n"
	body := io.MultiReader(strings.NewReader(head.String()), content, strings.NewReader(tail))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, client.APIURL+"/plugins", body)
	if err != nil {
		return nil, err
	}
	request.ContentLength = int64(head.Len()) + size + int64(len(tail))
	request.Header.Set("Content-Type", form.FormDataContentType())
	request.Header.Set("Expect", "100-continue")
	request.Header.Set(model.HeaderAuth, client.AuthType+" "+client.AuthToken)
	return request, nil
}

// errChanged is content that is not what its SHA256 says.
var errChanged = errors.New("the bytes are not those that were checked")

// checkedReader fails before the end of content that has another SHA256 or length.
type checkedReader struct {
	want string

	mu     sync.Mutex // a request may be read on for a moment after its answer came
	from   io.Reader
	hash   hash.Hash
	left   int64
	failed error
	ended  bool
}

func (r *checkedReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.ended:
		return 0, io.ErrUnexpectedEOF
	case r.failed != nil:
		return 0, r.failed
	}
	n, err := r.from.Read(p)
	_, _ = r.hash.Write(p[:n]) // never fails
	r.left -= int64(n)
	right := r.left > 0 || r.left == 0 && hex.EncodeToString(r.hash.Sum(nil)) == r.want
	switch {
	case !right, errors.Is(err, io.EOF) && r.left > 0:
		r.failed = errChanged
		return 0, errChanged // what came last is withheld
	case err != nil && !errors.Is(err, io.EOF):
		r.failed = err
	}
	return n, err //nolint:wrapcheck // io.EOF must stay what it is
}

// stop ends all reading, so that what is read can be closed, and returns what
// failed.
func (r *checkedReader) stop() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	return r.failed
}
