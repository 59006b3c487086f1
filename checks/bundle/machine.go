package bundle

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
)

// The names of programs' formats, and of what is known of each by its header.
const (
	elf   = "ELF"
	macho = "Mach-O"
	pe    = "PE"
)

// Machines by the numbers in headers, as Go names them (debug/elf, debug/macho,
// debug/pe have the lists).
var (
	elfMachines   = map[uint16]string{3: "386", 21: "ppc64", 22: "s390x", 40: "arm", 62: "amd64", 183: "arm64", 243: "riscv64", 258: "loong64"}
	machoMachines = map[uint32]string{7: "386", 0x01000007: "amd64", 12: "arm", 0x0100000c: "arm64"}
	peMachines    = map[uint16]string{0x14c: "386", 0x1c4: "arm", 0x8664: "amd64", 0xaa64: "arm64"}
)

// kind reads the header of a program: its format and its machine, as "ELF
// amd64"; a program for several machines names them all. It is "" for what is
// no program, and "ELF" for an unknown machine.
func kind(head []byte) string {
	switch {
	case len(head) >= 20 && bytes.HasPrefix(head, []byte("\x7fELF")):
		return strings.TrimSpace(elf + " " + elfMachine(head))
	case len(head) >= 64 && bytes.HasPrefix(head, []byte("MZ")):
		at := int64(binary.LittleEndian.Uint32(head[60:]))
		if at+6 > int64(len(head)) || string(head[at:at+4]) != "PE\x00\x00" {
			return ""
		}
		return strings.TrimSpace(pe + " " + peMachines[binary.LittleEndian.Uint16(head[at+4:])])
	case len(head) >= 8:
		return machoKind(head)
	}
	return ""
}

// elfMachine returns the machine of an ELF header, "" if it is unknown or the
// word size does not go with it.
func elfMachine(head []byte) string {
	var order binary.ByteOrder = binary.LittleEndian
	if head[5] == 2 {
		order = binary.BigEndian
	}
	machine := elfMachines[order.Uint16(head[18:])]
	wide := machine != "386" && machine != "arm"
	if machine == "" || wide != (head[4] == 2) {
		return ""
	}
	if machine == "ppc64" && head[5] == 1 {
		return "ppc64le"
	}
	return machine
}

// machoKind reads a Mach-O header, one for several machines included.
func machoKind(head []byte) string {
	switch magic := binary.LittleEndian.Uint32(head); magic {
	case 0xfeedface, 0xfeedfacf:
		return strings.TrimSpace(macho + " " + machoMachines[binary.LittleEndian.Uint32(head[4:])])
	case 0xbebafeca: // big-endian 0xcafebabe; Java classes have it too, with a version above 40 here
		count := int(min(binary.BigEndian.Uint32(head[4:]), 40))
		if count == 0 || count >= 40 || 8+20*count > len(head) {
			return ""
		}
		words := []string{macho}
		for i := range count {
			if machine := machoMachines[binary.BigEndian.Uint32(head[8+20*i:])]; machine != "" {
				words = append(words, machine)
			}
		}
		return strings.Join(words, " ")
	}
	return ""
}

// runsOn reports whether a program of a kind runs on a platform such as
// "linux-amd64".
func runsOn(kind, platform string) bool {
	system, machine, ok := strings.Cut(platform, "-")
	words := strings.Fields(kind)
	return ok && len(words) > 1 && words[0] == format(system) && slices.Contains(words[1:], machine)
}

// format is how a system's programs are stored.
func format(system string) string {
	switch system {
	case "windows":
		return pe
	case "darwin":
		return macho
	default:
		return elf
	}
}
