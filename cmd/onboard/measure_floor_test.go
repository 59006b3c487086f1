package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"os"
	"syscall"
)

// floor is the least that a program does which takes deliveries: it reads the body
// and checks the signature. With a FLOOR_FILE it also has the delivery on disk
// before it answers. It runs as a process of its own, as Onboard does.
func floor() {
	secret, keep := []byte(os.Getenv("FLOOR_SECRET")), func([]byte) error { return nil }
	if name := os.Getenv("FLOOR_FILE"); name != "" {
		file, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			panic(err)
		}
		j := &journal{file: file, entries: make(chan entry, 1000)}
		go j.run()
		keep = j.keep
	}
	err := http.ListenAndServe(os.Getenv("FLOOR_LISTEN"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		mac := hmac.New(sha256.New, secret)
		mac.Write(body)
		switch {
		case !hmac.Equal([]byte("sha256="+hex.EncodeToString(mac.Sum(nil))), []byte(r.Header.Get("X-Hub-Signature-256"))):
			w.WriteHeader(http.StatusUnauthorized)
		case keep(body) != nil:
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			w.WriteHeader(http.StatusAccepted)
		}
	}))
	panic(err)
}

// journal is a file to which deliveries that arrive together are appended
// together, with one fdatasync.
type journal struct {
	file    *os.File
	entries chan entry
}

type entry struct {
	body []byte
	kept chan error
}

func (j *journal) keep(body []byte) error {
	e := entry{body, make(chan error, 1)}
	j.entries <- e
	return <-e.kept
}

func (j *journal) run() {
	for first := range j.entries {
		batch := []entry{first}
		for range len(j.entries) {
			batch = append(batch, <-j.entries)
		}
		var together []byte
		for _, e := range batch {
			together = append(together, e.body...)
		}
		_, err := j.file.Write(together)
		if err == nil {
			err = syscall.Fdatasync(int(j.file.Fd()))
		}
		for _, e := range batch {
			e.kept <- err
		}
	}
}
