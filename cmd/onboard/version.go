package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is what the Go toolchain noted in the binary; nothing is set by
// linker flags. Fields that it did not note are empty.
type version struct {
	Version  string `json:"version"`            // "v1.2.3", "(devel)"
	Revision string `json:"revision,omitempty"` // the commit, 40 hex
	Time     string `json:"time,omitempty"`     // of the commit, RFC 3339
	Modified bool   `json:"modified"`           // built from a changed working tree
	Go       string `json:"go"`
	Platform string `json:"platform"` // "linux/amd64"
}

func versionOf(info *debug.BuildInfo) version {
	v := version{Version: info.Main.Version, Go: info.GoVersion, Platform: runtime.GOOS + "/" + runtime.GOARCH}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			v.Revision = setting.Value
		case "vcs.time":
			v.Time = setting.Value
		case "vcs.modified":
			v.Modified = setting.Value == "true"
		}
	}
	return v
}

// String is the version in one line.
func (v version) String() string {
	text := "onboard " + v.Version
	if v.Revision != "" {
		text += fmt.Sprintf(" (%.12s, %s)", v.Revision, v.Time)
	}
	if v.Modified {
		text += " with local changes"
	}
	return fmt.Sprintf("%s, %s, %s", text, v.Go, v.Platform)
}

func versionCommand(*options) *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		RunE: func(command *cobra.Command, _ []string) error {
			info, ok := debug.ReadBuildInfo()
			if !ok {
				return errors.New("read the version: this binary was built without module support")
			}
			return writeVersion(command.OutOrStdout(), versionOf(info), asJSON)
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return command
}

func writeVersion(w io.Writer, v version, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(v)
	}
	_, err := fmt.Fprintln(w, v)
	return err
}
