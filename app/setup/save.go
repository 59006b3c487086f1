package setup

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/onboard-app/onboard/app/ghapi"
)

// dotenv is the file with the App's values; `onboard serve` reads it from its
// working directory.
const dotenv = ".env"

// private is the mode of all that holds a secret (S20).
const private = 0o600

// folder is where the App's values go. What leads out of it is not followed.
type folder struct {
	root *os.Root
	path string // absolute, for people
}

func openFolder(directory string) (*folder, error) {
	path, err := filepath.Abs(directory)
	if err != nil {
		return nil, fmt.Errorf("find the directory %s: %w", directory, err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("open the directory for the App's secrets: %w", err)
	}
	return &folder{root: root, path: path}, nil
}

// ready fails if the folder, or the environment, holds an App already, or if
// nothing can be written there: GitHub tells the secrets once, so all this is found
// before they are made.
func (f *folder) ready(o Options) error {
	content, err := f.read()
	if err != nil {
		return err
	}
	if err := o.conflicts(content); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(f.path, dotenv), err)
	}
	probe := ".env-" + rand.Text()
	if err := f.write(probe, nil); err != nil {
		return fmt.Errorf("%s: nothing can be written there: %w", f.path, err)
	}
	return f.root.Remove(probe)
}

// maxDotenv bounds the file, in bytes.
const maxDotenv = 1 << 20

// read reads .env; nothing if there is none. A symbolic link is not followed:
// somebody else may have set it, and what it leads to is not ours to change.
func (f *folder) read() ([]byte, error) {
	path := filepath.Join(f.path, dotenv)
	before, err := f.root.Lstat(dotenv)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if !before.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no plain file but a %s: put a file in its place, or give another --directory", path, kindOf(before.Mode()))
	}
	file, err := f.root.Open(dotenv)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	defer file.Close()
	if now, err := file.Stat(); err != nil || !os.SameFile(before, now) {
		return nil, fmt.Errorf("read %s: it was just replaced: %w", path, errors.Join(err, fs.ErrInvalid))
	}
	content, err := io.ReadAll(io.LimitReader(file, maxDotenv+1))
	if err == nil && len(content) > maxDotenv {
		err = fmt.Errorf("it is larger than %d KiB", maxDotenv>>10)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return content, nil
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSymlink != 0:
		return "symbolic link"
	case mode.IsDir():
		return "directory"
	}
	return "special file"
}

// write makes a file for this user alone, which must not be there, and which is on
// disk when it returns.
func (f *folder) write(name string, content []byte) error {
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, private)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, errors.Join(err, f.root.Remove(name)))
	}
	return nil
}

// saved is what was kept, by the names of the files.
type saved struct {
	app    ghapi.NewApp // for its public parts
	Env    string       // .env, or another file if that could not be changed
	Key    string
	Why    string // why .env could not be changed
	Folder string
	NoHook bool // GitHub made no webhook secret
}

// save keeps the App: the key in a file of its own, all else in .env. If that
// changed meanwhile so that it cannot be added to, the values go into a file beside
// it rather than nowhere.
func (f *folder) save(app ghapi.NewApp, o Options) (*saved, error) {
	if err := checkKey(app.PrivateKey); err != nil {
		return nil, err
	}
	kept := &saved{
		app: app, Env: dotenv, Key: fmt.Sprintf("onboard-%d.private-key.pem", app.ID), Folder: f.path, NoHook: app.WebhookSecret == "",
	}
	lines, err := o.lines(app, kept.Key)
	if err != nil {
		return nil, err
	}
	if err := f.write(kept.Key, []byte(strings.TrimRight(app.PrivateKey, "\n")+"\n")); err != nil {
		return nil, err
	}
	err = f.extend(lines, o)
	if err == nil {
		return kept, nil
	}
	kept.Env, kept.Why = fmt.Sprintf("onboard-%d.env", app.ID), err.Error()
	if failed := f.write(kept.Env, []byte(lines.text())); failed != nil {
		return nil, errors.Join(err, failed)
	}
	return kept, nil
}

// extend puts the lines into .env: a new file takes the old one's place, so that
// there is the one or the other, whole and for this user alone.
func (f *folder) extend(lines lines, o Options) error {
	content, err := f.read()
	if err != nil {
		return err
	}
	if err := o.conflicts(content); err != nil {
		return err
	}
	if content, err = lines.added(content); err != nil {
		return err
	}
	next := ".env-" + rand.Text()
	if err := f.write(next, content); err != nil {
		return err
	}
	if err := f.root.Rename(next, dotenv); err != nil {
		return fmt.Errorf("replace .env: %w", errors.Join(err, f.root.Remove(next)))
	}
	return nil
}

// checkKey fails unless the text is one RSA private key, as GitHub makes them.
func checkKey(text string) error {
	block, rest := pem.Decode([]byte(text))
	if block == nil || strings.TrimSpace(string(rest)) != "" {
		return errors.New("GitHub sent no private key in PEM form")
	}
	_, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		_, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return errors.New("GitHub sent a private key that cannot be read") // err would say nothing more
	}
	return nil
}
