package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const manifestJSON = `{
  "id": "org.example.hello", "name": "Hello", "version": "1.2.3+abc1234", "min_server_version": "9.11.0",
  "server": {"executables": {"linux-amd64": "server/dist/plugin-linux-amd64", "darwin-arm64": "server/dist/plugin-darwin-arm64", "windows-amd64": "server/dist/plugin-windows-amd64.exe"}},
  "webapp": {"bundle_path": "webapp/dist/main.js"}
}`

const revision = "0123456789abcdef0123456789abcdef01234567"

// entry is one entry of an archive made for a test; a header that is not given
// is that of a file.
type entry struct {
	name    string
	content string
	header  *tar.Header
}

func file(name, content string) entry { return entry{name: name, content: content} }

func folder(name string) entry {
	return entry{header: &tar.Header{Name: name, Typeflag: tar.TypeDir, Mode: 0o755}}
}

func special(name string, kind byte, target string) entry {
	return entry{header: &tar.Header{Name: name, Typeflag: kind, Linkname: target, Mode: 0o644}}
}

// elfHead is an ELF header of 64 bytes for a machine.
func elfHead(machine uint16) string {
	head := make([]byte, 64)
	copy(head, "\x7fELF\x02\x01\x01")
	binary.LittleEndian.PutUint16(head[16:], 2)
	binary.LittleEndian.PutUint16(head[18:], machine)
	return string(head)
}

func machoHead(machine uint32) string {
	head := binary.LittleEndian.AppendUint32(nil, 0xfeedfacf)
	return string(binary.LittleEndian.AppendUint32(head, machine)) + strings.Repeat("\x00", 24)
}

func peHead(machine uint16) string {
	head := make([]byte, 256)
	copy(head, "MZ")
	head[60] = 128
	copy(head[128:], "PE\x00\x00")
	binary.LittleEndian.PutUint16(head[132:], machine)
	return string(head)
}

// buildInfo is Go's build info with a revision, as the linker writes it.
func buildInfo(revision string) string {
	modules := strings.Repeat("A", 16) + "path\texample.org/x\nbuild\tvcs=git\nbuild\tvcs.revision=" + revision + "\nbuild\tvcs.modified=true\n" + strings.Repeat("B", 16)
	info := append([]byte(infoMagic), 8, infoInline)
	info = append(info, make([]byte, infoHeader-len(info))...)
	for _, text := range []string{"go1.26.8", modules} {
		info = append(binary.AppendUvarint(info, uint64(len(text))), text...)
	}
	return string(info)
}

// good is a whole bundle in the folder, flat if that is "".
func good(folder string) []entry {
	return []entry{
		file(folder+"server/dist/plugin-linux-amd64", elfHead(62)+strings.Repeat("x", 70000)+buildInfo(revision)+strings.Repeat("y", 70000)),
		file(folder+"server/dist/plugin-darwin-arm64", machoHead(0x0100000c)),
		file(folder+"server/dist/plugin-windows-amd64.exe", peHead(0x8664)),
		file(folder+"webapp/dist/main.js", "console.log(1)"),
		file(folder+"plugin.json", manifestJSON),
	}
}

// with returns good with entries added.
func with(more ...entry) []entry { return append(good("hello/"), more...) }

// instead returns good with the content of a file replaced; "" leaves it out.
func instead(name, content string) []entry {
	var list []entry
	for _, e := range good("hello/") {
		if e.name == "hello/"+name {
			e.content = content
		}
		if e.content != "" {
			list = append(list, e)
		}
	}
	return list
}

// manifest returns good with one thing of its manifest replaced.
func manifest(old, replacement string) []entry {
	return instead("plugin.json", strings.Replace(manifestJSON, old, replacement, 1))
}

// archiveOf makes a tar archive.
func archiveOf(t testing.TB, entries []entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		header := tar.Header{Name: e.name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(e.content))}
		if e.header != nil {
			header = *e.header
		}
		require.NoError(t, w.WriteHeader(&header))
		_, err := io.WriteString(w, e.content)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

// packed packs a text by gzip.
func packed(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(content)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

// bundleOf makes a bundle.
func bundleOf(t testing.TB, entries []entry) []byte {
	t.Helper()
	return packed(t, archiveOf(t, entries))
}

// rawHeader is one header of 512 bytes that archive/tar would not write; edit
// changes it before its checksum is made.
func rawHeader(name string, kind byte, size string, edit func([]byte)) []byte {
	block := make([]byte, 512)
	copy(block, name)
	copy(block[100:], "0000644\x000000000\x000000000\x00"+size)
	copy(block[136:], "00000000000\x00        ")
	block[156] = kind
	copy(block[257:], "ustar\x0000")
	if edit != nil {
		edit(block)
	}
	sum := 0
	for _, b := range block {
		sum += int(b)
	}
	copy(block[148:], []byte{'0' + byte(sum>>15&7), '0' + byte(sum>>12&7), '0' + byte(sum>>9&7), '0' + byte(sum>>6&7), '0' + byte(sum>>3&7), '0' + byte(sum&7), 0, ' '})
	return block
}

// pax is a PAX header with records as they are given, followed by a file.
func pax(kind byte, records ...string) []byte {
	text := strings.Join(records, "")
	size := "00000000000"
	digits := []byte(size)
	for i, n := len(digits)-1, len(text); n > 0; i, n = i-1, n>>3 {
		digits[i] = '0' + byte(n&7)
	}
	block := rawHeader("PaxHeaders.0/x", kind, string(digits)+"\x00", nil)
	block = append(block, text...)
	block = append(block, make([]byte, (512-len(text)%512)%512)...)
	return append(block, rawHeader("x", '0', "00000000000\x00", nil)...)
}

// record is one PAX record.
func record(key, value string) string {
	body := " " + key + "=" + value + "\n"
	for n := len(body) + 1; ; n++ {
		if text := strconv.Itoa(n) + body; len(text) == n {
			return text
		}
	}
}

// globalComment is what git archive writes first.
func globalComment() *tar.Header {
	return &tar.Header{Name: "pax_global_header", Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": revision}}
}
