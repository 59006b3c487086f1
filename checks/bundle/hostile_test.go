package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// maxMemory bounds the heap while a bundle is read.
const maxMemory = 16 << 20

// watched notes the heap's size at every few KiB that are read.
type watched struct {
	from      io.Reader
	every     int // bytes
	idle, top uint64
}

// watch starts with a clean heap, and keeps it so: how much garbage is left
// lying around depends on what else the process has.
func watch(t testing.TB, from io.Reader, every int) *watched {
	t.Helper()
	percent := debug.SetGCPercent(10)
	t.Cleanup(func() { debug.SetGCPercent(percent) })
	runtime.GC()
	w := &watched{from: from, every: every}
	w.idle = heap()
	w.top = w.idle
	return w
}

func heap() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func (w *watched) Read(p []byte) (int, error) {
	w.top = max(w.top, heap())
	return w.from.Read(p[:min(len(p), w.every)])
}

// peak is the bytes over those before.
func (w *watched) peak() int64 { return int64(max(w.top, heap()) - w.idle) }

func TestHostileArchivesAreRefusedByNameInConstantMemory(t *testing.T) {
	whole := bundleOf(t, good("hello/"))
	tarred := archiveOf(t, good("hello/"))
	raw := func(blocks ...[]byte) []byte {
		first := rawHeader("first", '0', "00000000000\x00", nil)
		return packed(t, append(append(first, bytes.Join(blocks, nil)...), make([]byte, 1024)...))
	}
	of := func(entries []entry) []byte { return bundleOf(t, entries) }
	zeros := func(mib int) []byte { return make([]byte, mib<<20) }
	const yaml = "id: org.example.hello\nversion: 1.2.3\nmin_server_version: 9.11.0\n"

	tests := []struct {
		name    string
		content []byte
		rule    string
	}{
		{"nothing", nil, empty},
		{"an empty archive", of(nil), empty},
		{"only the root folder", of([]entry{folder("./")}), empty},
		{"a web page", []byte("<!DOCTYPE html><html><title>Sign in</title></html>"), html},
		{"a web page behind a byte order mark and spaces", []byte("\xEF\xBB\xBF \n<HTML>"), html},
		{"an error in XML", []byte("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>"), html},
		{"an error in JSON", []byte(`{"message": "Not Found"}`), notGzip},
		{"a ZIP file", []byte("PK\x03\x04" + strings.Repeat("x", 600)), notGzip},
		{"a tar archive that is not packed", tarred, notGzip},
		{"packed by bzip2", []byte("BZh91AY&SY" + strings.Repeat("x", 600)), notGzip},
		{"one byte", []byte{0x1f}, notGzip},
		{"the magic alone", []byte{0x1f, 0x8b}, truncated},
		{"an unknown compression", append([]byte{0x1f, 0x8b, 7}, whole[3:]...), corrupt},
		{"gzip of nothing", packed(t, nil), empty},
		{"gzip of a text", packed(t, []byte(strings.Repeat("hello ", 200))), notTar},
		{"gzip of a web page", packed(t, []byte("<html>"+strings.Repeat("hello ", 200))), notTar},
		{"gzip in gzip", packed(t, whole), notTar},
		{"gzip of a few bytes", packed(t, []byte("hello")), truncated},
		{"the first half", whole[:len(whole)/2], truncated},
		{"all but the last byte", whole[:len(whole)-1], truncated},
		{"all but the checksum", whole[:len(whole)-8], truncated},
		{"an archive cut in a file", packed(t, tarred[:700]), truncated},
		{"an archive cut in a header", packed(t, tarred[:len(tarred)-1024-300]), truncated},
		{"a wrong checksum", flip(whole, len(whole)-8), corrupt},
		{"a wrong length", flip(whole, len(whole)-1), corrupt},
		{"a damaged byte", flip(whole, 20), corrupt},
		{"a second gzip file behind", append(bytes.Clone(whole), whole...), trailingData},
		{"an empty gzip file behind", append(bytes.Clone(whole), packed(t, nil)...), trailingData},
		{"a byte behind", append(bytes.Clone(whole), 0), trailingData},
		{"a second archive behind the first", packed(t, append(bytes.Clone(tarred), tarred...)), trailingData},
		{"a byte behind the archive", packed(t, append(bytes.Clone(tarred), 1)), trailingData},

		{"an absolute path", of(with(file("/etc/passwd", "x"))), absolutePath},
		{"an absolute path with two slashes", of(with(file("//etc/passwd", "x"))), absolutePath},
		{"an absolute folder", of(with(folder("/etc/"))), absolutePath},
		{"a drive", of(with(file("C:/Windows/x", "x"))), absolutePath},
		{"a drive without a slash", of(with(file("c:x", "x"))), absolutePath},
		{"a path out of the bundle", of(with(file("../x", "x"))), parentPath},
		{"a path out of a folder", of(with(file("hello/../../x", "x"))), parentPath},
		{"a path out and in again", of(with(file("hello/x/../y", "x"))), parentPath},
		{"a path that ends in ..", of(with(folder("hello/.."))), parentPath},
		{"a path of two dots", of(with(folder(".."))), parentPath},
		{"a path with backslashes", of(with(file(`hello\..\..\x`, "x"))), badName},
		{"a path with a line break", of(with(file("hello/a\nb", "x"))), badName},
		{"a path with an escape sequence", of(with(file("hello/\x1b[2Jx", "x"))), badName},
		{"a path with letters turned around", of(with(file("hello/\u202egnp.exe", "x"))), badName},
		{"a path with invisible letters", of(with(file("hello/plu\u200bgin.json", "x"))), badName},
		{"a path that is no UTF-8", raw(rawHeader("hello/\xff", '0', "00000000000\x00", nil)), badName},
		{"a file without a name", raw(rawHeader("", '0', "00000000000\x00", nil)), badName},
		{"a file named as the root", raw(rawHeader(".", '0', "00000000000\x00", nil)), badName},
		{"a huge path", of(with(file(strings.Repeat("a/", 1000)+"x", "x"))), longName},
		{"a path of a megabyte", of(with(file(strings.Repeat("a/", 450<<10)+"x", "x"))), longName},
		{"a long name", of(with(file("hello/"+strings.Repeat("a", 256), "x"))), longName},
		{"a deep path", of(with(file(strings.Repeat("a/", 40)+"x", "x"))), longName},

		{"a symbolic link to /etc", of(with(special("hello/x", tar.TypeSymlink, "/etc"))), linkOut},
		{"a symbolic link out of the bundle", of(with(special("hello/x", tar.TypeSymlink, "../../etc"))), linkOut},
		{"a symbolic link out with a detour", of(with(special("hello/x", tar.TypeSymlink, "a/../../../etc"))), linkOut},
		{"a symbolic link to nothing", of(with(special("hello/x", tar.TypeSymlink, ""))), linkOut},
		{"a symbolic link with a NUL", raw(rawHeader("x", '2', "00000000000\x00", func(b []byte) { copy(b[157:], "a\\..\\..\\b") })), linkOut},
		{"a hard link to /etc/shadow", of(with(special("hello/x", tar.TypeLink, "/etc/shadow"))), linkOut},
		{"a hard link out of the bundle", of(with(special("hello/x", tar.TypeLink, "../x"))), linkOut},
		{"a file below a link", of(with(special("hello/x", tar.TypeSymlink, "server"), file("hello/x/y", "x"))), duplicateFile},
		{"a link in place of a file", of(with(special("hello/webapp/dist/main.js", tar.TypeSymlink, "other.js"))), duplicateFile},
		{"a device", of(with(special("hello/sda", tar.TypeBlock, ""))), specialFile},
		{"a character device", of(with(special("hello/null", tar.TypeChar, ""))), specialFile},
		{"a pipe", of(with(special("hello/pipe", tar.TypeFifo, ""))), specialFile},
		{"an unknown kind of entry", raw(rawHeader("x", 'Z', "00000000000\x00", nil)), specialFile},
		{"a contiguous file", raw(rawHeader("x", '7', "00000000000\x00", nil)), specialFile},
		{"a sparse file of PAX", raw(pax('x', record("GNU.sparse.major", "1"), record("GNU.sparse.minor", "0"), record("GNU.sparse.name", "x"), record("GNU.sparse.realsize", "0"), record("size", "512")), append([]byte("0\n"), make([]byte, 510)...)), sparse},
		{"a sparse file of PAX 0.1", raw(pax('x', record("GNU.sparse.size", "1099511627776"), record("GNU.sparse.numblocks", "0"), record("GNU.sparse.map", ""))), sparse},

		{"a NUL in a PAX path", raw(pax('x', record("path", "a\x00b"))), badHeader},
		{"a path out by PAX", raw(pax('x', record("path", "../x"))), parentPath},
		{"an absolute path by PAX", raw(pax('x', record("path", "/etc/x"))), absolutePath},
		{"a negative size by PAX", raw(pax('x', record("size", "-1"))), badHeader},
		{"a huge size by PAX", raw(pax('x', record("size", "9223372036854775807"))), tooLarge},
		{"a size by PAX that is no number", raw(pax('x', record("size", "1e9"))), badHeader},
		{"a PAX record with a wrong length", raw(pax('x', "999 path=x\n")), badHeader},
		{"a PAX record with a negative length", raw(pax('x', "-5 path=x\n")), badHeader},
		{"a PAX header for all files", raw(pax('g', record("path", "plugin.json"))), badHeader},
		{"a PAX header of 2 MiB", raw(rawHeader("x", 'x', "00010000000\x00", nil), zeros(2)), badHeader},
		{"a negative size", raw(rawHeader("x", '0', "", func(b []byte) { copy(b[124:], bytes.Repeat([]byte{0xff}, 12)) })), badHeader},
		{"a huge size in base 256", raw(rawHeader("x", '0', "", func(b []byte) { copy(b[124:], "\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff") })), tooLarge},
		{"a size that is no number", raw(rawHeader("x", '0', "zzzzzzzzzzz\x00", nil)), badHeader},
		{"a folder with a content", raw(rawHeader("x/", '5', "00000001000\x00", nil)), badHeader},
		{"a header with a wrong checksum", packed(t, append(bytes.Clone(tarred[:len(tarred)-1024]), flip(rawHeader("y", '0', "00000000000\x00", nil), 3)...)), badHeader},

		{"a file twice", of(with(file("hello/webapp/dist/main.js", "other"))), duplicateFile},
		{"a file twice by another path", of(with(file("./hello//webapp/dist/./main.js", "other"))), duplicateFile},
		{"a folder in place of a file", of(with(folder("hello/webapp/dist/main.js/"))), duplicateFile},
		{"a file below a file", of(with(file("hello/webapp/dist/main.js/x", "x"))), duplicateFile},
		{"two manifests of one path", of(with(file("hello/plugin.json", "{}"))), duplicateManifest},
		{"two manifests that say different things", of(with(file("hello/plugin.yaml", yaml))), duplicateManifest},
		{"two manifests by capital letters", of(with(file("hello/Plugin.JSON", "{}"))), caseDuplicate},
		{"two folders by capital letters", of(with(file("hello/WEBAPP/x", "x"))), caseDuplicate},
		{"two files by a letter that folds", of(with(file("hello/\u212aey", "x"), file("hello/key", "x"))), caseDuplicate},
		{"a file beside the folder", of(with(file("README", "x"))), layout},
		{"a second folder", of(with(file("other/README", "x"))), layout},
		{"no manifest", of(instead("plugin.json", "")), noManifest},
		{"a manifest too deep", of([]entry{file("a/b/plugin.json", manifestJSON)}), noManifest},
		{"a manifest that is a link", of(append(instead("plugin.json", ""), special("hello/plugin.json", tar.TypeSymlink, "webapp/dist/main.js"))), noManifest},
		{"a manifest above 1 MiB", of(instead("plugin.json", "{"+strings.Repeat(" ", 1<<20)+"}")), manifestTooLarge},
		{"a manifest of brackets", of(instead("plugin.json", `{"props":{"a":`+strings.Repeat("[", 30000)+strings.Repeat("]", 30000)+"}}")), manifestTooLarge},
		{"a manifest of references to references", of([]entry{file("plugin.yaml", billionLaughs())}), badManifest},
		{"a manifest that is no JSON", of(instead("plugin.json", "id: x")), badManifest},
		{"an empty manifest", of([]entry{file("plugin.json", "")}), badManifest},
		{"a manifest with another behind", of(instead("plugin.json", manifestJSON+manifestJSON)), badManifest},
		{"an id with slashes", of(manifest("org.example.hello", "../../etc")), badID},
		{"no version", of(manifest(`"version": "1.2.3+abc1234",`, "")), badVersion},
		{"a version that is none", of(manifest("1.2.3+abc1234", "v1.2")), badVersion},
		{"no least server version", of(manifest(`"min_server_version": "9.11.0",`, `"other": "",`)), badMinVersion},
		{"a missing program", of(instead("server/dist/plugin-darwin-arm64", "")), executableMissing},
		{"a program by a path out of the bundle", of(manifest("server/dist/plugin-darwin-arm64", "../../../bin/sh")), executableMissing},
		{"a program by an absolute path", of(manifest("server/dist/plugin-darwin-arm64", "/bin/sh")), executableMissing},
		{"a program by capital letters", of(manifest("server/dist/plugin-darwin-arm64", "server/dist/PLUGIN-darwin-arm64")), executableMissing},
		{"a program for another machine", of(instead("server/dist/plugin-linux-amd64", elfHead(183))), executableMachine},
		{"a program for another system", of(instead("server/dist/plugin-linux-amd64", machoHead(0x01000007))), executableMachine},
		{"a script in place of a program", of(instead("server/dist/plugin-linux-amd64", "#!/bin/sh\n")), executableMachine},
		{"a header that points behind its end", of(instead("server/dist/plugin-windows-amd64.exe", "MZ"+strings.Repeat("\xff", 100))), executableMachine},
		{"no program for linux", of(manifest(`"linux-amd64"`, `"linux-arm64"`)), noLinux},
		{"no program at all", of(manifest(`"executables"`, `"other"`)), noLinux},
		{"no web app", of(instead("webapp/dist/main.js", "")), webappMissing},

		{"a bomb of zeros", packed(t, append(rawHeader("x", '0', "00377777777\x00", nil), zeros(40)...)), bomb},
		{"a bomb behind the archive", packed(t, append(bytes.Clone(tarred), zeros(40)...)), bomb},
		{"more bytes than there is room for", raw(rawHeader("x", '0', "77777777777\x00", nil)), tooLarge},
		{"too many files", manyFiles(t, 20001), tooManyEntries},
		{"too many folders that paths imply", manyFolders(t, 1000, 30), tooManyEntries},
		{"the same folder again and again", sameFolder(t, 20001), tooManyEntries},
	}
	require.GreaterOrEqual(t, len(tests), 60)
	var most int64
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			memory := watch(t, bytes.NewReader(test.content), 4<<10)
			_, problems, err := Read(t.Context(), memory, DefaultLimits())
			require.NoError(t, err)
			assert.Contains(t, found(problems), strings.TrimPrefix(test.rule, "bundle/"))
			assert.Less(t, memory.peak(), int64(maxMemory), "bytes over idle")
			most = max(most, memory.peak())
			for _, p := range problems {
				f := p.Finding("nightly-build")
				assert.NotContains(t, f.Message, "%!")
				assert.NotContains(t, f.Message, "\x1b")
				assert.Less(t, len(f.Message), 1000)
			}
		})
	}
	t.Logf("%d archives; at most %d KiB over idle for one", len(tests), most>>10)
}

func TestHostileArchivesDoNotExceedTheLimits(t *testing.T) {
	random := func(n int) string { // does not pack
		b, state := make([]byte, n), uint32(1)
		for i := range b {
			state = state*1664525 + 1013904223
			b[i] = byte(state >> 24)
		}
		return string(b)
	}
	large := bundleOf(t, with(file("hello/x", random(1<<20))))
	tests := []struct {
		name   string
		limit  func(*Limits)
		rule   string
		reader func() io.Reader
	}{
		{"packed", func(l *Limits) { l.Packed = 1 << 19 }, tooLarge, nil},
		{"unpacked", func(l *Limits) { l.Unpacked = 1 << 19 }, tooLarge, nil},
		{"files", func(l *Limits) { l.Entries = 4 }, tooManyEntries, nil},
		{"an endless file", func(l *Limits) { l.Packed = 1 << 19 }, tooLarge, func() io.Reader {
			return io.MultiReader(bytes.NewReader(large[:1<<18]), endless{})
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			limits := DefaultLimits()
			test.limit(&limits)
			var reader io.Reader = bytes.NewReader(large)
			if test.reader != nil {
				reader = test.reader()
			}
			b, problems, err := Read(t.Context(), reader, limits)
			require.NoError(t, err)
			assert.Subset(t, []string{test.rule, corrupt}, []string{problems[0].Rule})
			assert.Empty(t, b.SHA256)
			assert.LessOrEqual(t, b.Bytes, limits.Packed+64<<10)
		})
	}
}

// endless has random-looking bytes without end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(i * i >> 3)
	}
	return len(p), nil
}

// flip changes one byte.
func flip(content []byte, at int) []byte {
	content = bytes.Clone(content)
	content[at] ^= 0xff
	return content
}

// billionLaughs is a YAML text that would unfold to 10^9 words.
func billionLaughs() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n")
	for i := range 9 {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i), 10), ","))
	}
	return b.String() + "props: {a: *a9}\n"
}

// stream packs headers without holding the archive.
func stream(t *testing.T, write func(*tar.Writer)) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	write(w)
	require.NoError(t, w.Close())
	require.NoError(t, z.Close())
	return b.Bytes()
}

func manyFiles(t *testing.T, n int) []byte {
	t.Helper()
	return stream(t, func(w *tar.Writer) {
		for i := range n {
			require.NoError(t, w.WriteHeader(&tar.Header{Name: fmt.Sprintf("%x", binary.BigEndian.AppendUint32(nil, uint32(i))), Typeflag: tar.TypeReg}))
		}
	})
}

func manyFolders(t *testing.T, n, depth int) []byte {
	t.Helper()
	return stream(t, func(w *tar.Writer) {
		for i := range n {
			require.NoError(t, w.WriteHeader(&tar.Header{Name: fmt.Sprintf("%d/", i) + strings.Repeat("a/", depth) + "x", Typeflag: tar.TypeReg}))
		}
	})
}

func sameFolder(t *testing.T, n int) []byte {
	t.Helper()
	return stream(t, func(w *tar.Writer) {
		for range n {
			require.NoError(t, w.WriteHeader(&tar.Header{Name: "x/", Typeflag: tar.TypeDir}))
		}
	})
}
