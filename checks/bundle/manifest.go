package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/mattermost/mattermost/server/public/model"
	"gopkg.in/yaml.v3"
)

// ManifestNames are the names of a manifest, in the order in which the server
// looks for them.
func ManifestNames() []string {
	return []string{"plugin.yml", "plugin.yaml", "plugin.json"}
}

// maxMarks bounds how intricate a manifest is: what a parser makes of 1 MiB of
// brackets needs a hundred times as much memory. Real ones have below 3,000.
const maxMarks = 20000

var errIntricate = fmt.Errorf("it has more than %d brackets, commas, colons and lines", maxMarks)

// ParseManifest reads a manifest as the server does, YAML or JSON by its name.
// It is stricter in one thing: nothing may follow the JSON. It fails, too, on
// one that is too intricate for what it is.
func ParseManifest(name string, content []byte) (*model.Manifest, error) {
	marks := 0
	for _, b := range content {
		if strings.IndexByte("{}[],:\n-*&", b) >= 0 {
			marks++
		}
	}
	if marks > maxMarks {
		return nil, errIntricate
	}
	parsed := new(model.Manifest)
	if !strings.HasSuffix(name, ".json") {
		if err := yaml.Unmarshal(content, parsed); err != nil {
			return nil, fmt.Errorf("read it as YAML: %w", err)
		}
		return parsed, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	if err := decoder.Decode(parsed); err != nil {
		return nil, fmt.Errorf("read it as JSON: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read it as JSON: something follows its end")
	}
	return parsed, nil
}
