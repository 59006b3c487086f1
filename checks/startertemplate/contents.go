package startertemplate

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template"
)

// Bounds of what is read to find hidden characters, in bytes (S17).
const (
	maxScanned = 4 << 20   // of one file
	maxTotal   = 128 << 20 // of all files together
)

// media are the extensions of binary files that plugins rightly have.
var media = []string{
	"png", "jpg", "jpeg", "gif", "ico", "webp", "avif", "bmp", "tif", "tiff", "icns", "pdf", "woff", "woff2", "ttf", "otf", "eot",
	"mp3", "mp4", "m4a", "ogg", "oga", "opus", "wav", "flac", "webm", "mov", "ivf",
}

// opaque are the extensions of other binary files, for those too large to read.
var opaque = []string{
	"exe", "dll", "so", "dylib", "a", "o", "obj", "lib", "node", "wasm", "jar", "class", "pyc", "bin", "tflite", "onnx",
	"zip", "gz", "tgz", "bz2", "xz", "zst", "7z", "rar", "tar",
}

// programs are the first bytes of executable files.
var programs = [][]byte{
	[]byte("\x7fELF"), []byte("MZ"), []byte("\x00asm"), []byte("\xca\xfe\xba\xbe"),
	[]byte("\xfe\xed\xfa\xce"), []byte("\xfe\xed\xfa\xcf"), []byte("\xce\xfa\xed\xfe"), []byte("\xcf\xfa\xed\xfe"),
}

// prose matches texts for people, where other scripts need such characters:
// Markdown, and the catalogues of translations.
var prose = regexp.MustCompile(`(?i)(\.(md|markdown)$|(^|/)(i18n|l10n|locales?|translations?|langs?)/(.*/)?[^/]*\.(json|ya?ml|po|pot|properties)$)`)

// contents reads the files that are not boilerplate and looks for hidden
// characters and binaries.
func (l *look) contents() error {
	var binaries, unread []checks.File
	total := int64(0)
	for _, m := range l.compared.Matches {
		file := m.File
		if m.Class == template.Unmodified || !isFile(file) {
			continue
		}
		isMedia := slices.Contains(media, extension(file.Path))
		if file.Size > maxScanned || total+file.Size > maxTotal {
			switch {
			case slices.Contains(opaque, extension(file.Path)):
				binaries = append(binaries, file)
			case !isMedia:
				unread = append(unread, file)
			}
			continue
		}
		total += file.Size
		content, err := l.subject.Read(l.ctx, file, maxScanned)
		if err != nil {
			return fmt.Errorf("read %q to look for hidden characters: %w", file.Path, err)
		}
		if isProgram(content) || !isMedia && !template.IsText(content) {
			binaries = append(binaries, file)
			continue
		}
		if !isMedia && !prose.MatchString(file.Path) {
			l.scan(file, content)
		}
	}
	l.addEach(binary, binaries, func(checks.File) string {
		return "This file is binary, so reviewers cannot see what it does."
	})
	l.addEach(notLookedAt, unread, func(file checks.File) string {
		if file.Size > maxScanned {
			return fmt.Sprintf("The file is larger than %d MiB, so it was not searched for hidden characters.", maxScanned>>20)
		}
		return fmt.Sprintf("The plugin's files are larger than %d MiB together, so this one was not searched for hidden characters.", maxTotal>>20)
	})
	return nil
}

// isProgram says whether a content starts as an executable file does.
func isProgram(content []byte) bool {
	return slices.ContainsFunc(programs, func(magic []byte) bool {
		return bytes.HasPrefix(content, magic) && !template.IsText(content)
	})
}

// scan adds one finding for the hidden characters of a file.
func (l *look) scan(file checks.File, content []byte) {
	found := hidden(content)
	if len(found) == 0 {
		return
	}
	lines := []int{}
	for _, h := range found {
		if !slices.Contains(lines, h.line) {
			lines = append(lines, h.line)
		}
	}
	message := fmt.Sprintf("This line has the invisible character %U", found[0].char)
	if found[0].direction {
		message = fmt.Sprintf("This line has the character %U, which changes the direction of text", found[0].char)
	}
	if n := len(lines) - 1; n > 0 {
		message += fmt.Sprintf(", and %s of the file have such characters", counted(n, "other line"))
	}
	l.add(hiddenText, place{path: file.Path, line: lines[0]}, message+".")
}
