// Package ktree reads a kernel tree as it lies on the disk, or as a revision of it lies in git: its version, its
// configuration, and its C by package cfront. Nothing is built, checked out or written, and no header is needed.
//
// A [Tree] gives files. A [Config] says which CONFIG_ symbols are set, and where that was found. A [Unit] is some files
// of a tree read together under a configuration: functions by name, who calls whom, the steps of CPU hotplug.
package ktree
