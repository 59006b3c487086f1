// Command generate writes the index of the starter template that is part of
// the program, from a clone of the template. It holds numbers only: no line of
// the template is written.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/onboard-app/onboard/checks/safehttp"
	"github.com/onboard-app/onboard/checks/template/clone"
)

func main() {
	from := flag.String("clone", "", "the template, as `onboard check --template` takes it")
	out := flag.String("out", "", "file to write")
	flag.Parse()
	if err := generate(context.Background(), *from, *out); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(2)
	}
}

// generate reads all commits of the clone's HEAD and writes the index.
func generate(ctx context.Context, from, out string) error {
	index, err := clone.Open(ctx, safehttp.New(safehttp.Policy{MaxBytes: clone.MaxPack}), from)
	if err != nil {
		return err
	}
	var encoded bytes.Buffer
	if err := index.Encode(&encoded); err != nil {
		return err
	}
	fmt.Printf("%s: %d commits, %d files, %d bytes\n", index.Repository(), len(index.Commits()), len(index.Files()), encoded.Len())
	return os.WriteFile(out, encoded.Bytes(), 0o600)
}
