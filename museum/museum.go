// Package museum has the defects that the hotplug core really had, one file each: what went wrong, by which commits it
// came and went, and how to put it back. docs/museum.md is made from them.
package museum

import "embed"

// Entries are the files, NAME.toml each, and the subsystems of those that lie beside the core, in clients.
//
//go:embed *.toml clients/*.toml
var Entries embed.FS
