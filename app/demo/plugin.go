package demo

import (
	_ "embed"
	"maps"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

//go:embed starter.txtar
var starterArchive []byte

//go:embed hello.txtar
var helloArchive []byte

// versions are the starter template's, oldest first: which files each brings.
func versions() []map[string]string {
	var list []map[string]string
	byName := map[string]map[string]string{}
	for path, content := range unpack(starterArchive) {
		version, path, _ := strings.Cut(path, "/")
		if byName[version] == nil {
			byName[version] = map[string]string{}
		}
		byName[version][path] = content
	}
	for _, version := range []string{"v1", "v2", "v3"} {
		list = append(list, byName[version])
	}
	return list
}

// hello are the files of Alice's plugin: the template's of the second version,
// but for those that she changed, wrote or left out.
func hello() map[string]string {
	files := map[string]string{}
	for _, version := range versions()[:2] {
		maps.Copy(files, version)
	}
	maps.Copy(files, unpack(helloArchive))
	delete(files, "docs/start.md")
	return files
}

func unpack(archive []byte) map[string]string {
	files := map[string]string{}
	for _, file := range txtar.Parse(archive).Files {
		files[file.Name] = string(file.Data)
	}
	return files
}

// fixed is server/greeting.go without its fault: the last greeting never came.
func fixed() string {
	return strings.Replace(hello()["server/greeting.go"], "len(greetings)-1", "len(greetings)", 1)
}

// MIT is the text of the licence that Alice adds.
var MIT = `MIT License

Copyright (c) 2026 Alice

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
`
