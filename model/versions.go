package model

import (
	"fmt"
	"slices"
	"strings"
)

// CompareVersions compares versions of the kernel in time: v4.6-rc3 comes before v4.6, and v4.6 before v4.10.
func CompareVersions(a, b string) int { return strings.Compare(versionOrder(a), versionOrder(b)) }

// versionOrder is a version as a text that sorts in time.
func versionOrder(version string) string {
	var major, minor, rc int
	if n, _ := fmt.Sscanf(version, "v%d.%d-rc%d", &major, &minor, &rc); n < 3 {
		rc = 99
	}
	return fmt.Sprintf("%03d.%03d.%02d", major, minor, rc)
}

// Lookup returns the edition with that name, or the one that covers that version: "v6.12", "6.12.117", "7.1",
// "6.1.0-56-rt-amd64". Behind a slash may stand an architecture: "v7.3/arm64".
// Behind pluses may stand candidates for fixes: "v7.3+smt-count-restored".
func Lookup(name string) (Kernel, error) {
	name, with := splitCandidates(name)
	version, arch, onArch := strings.Cut(name, "/")
	k, err := lookup(version)
	if err == nil && onArch {
		k, err = k.On(arch)
	}
	if err != nil {
		return k, err
	}
	return k.Apply(with...)
}

func lookup(name string) (Kernel, error) {
	all, names := Kernels(), []string{}
	for _, k := range all {
		if k.Name == name || k.Name == "v"+name {
			return k, nil
		}
		names = append(names, k.Name)
	}
	version, ok := parseVersion(name)
	if !ok {
		return Kernel{}, &UnknownError{Kind: "kernel", Name: name, Known: names}
	}
	if unfixed(name) {
		k, err := lookup("v4.6-rc3")
		k.Asked = strings.TrimPrefix(name, "v")
		return k, err
	}
	newest := all[len(all)-1]
	if CompareVersions(version, newest.Name) > 0 {
		return Kernel{}, fmt.Errorf(
			"kernel %q is newer than all editions: %s is the newest, and covers %s", name, newest.Name, newest.Covers(),
		)
	}
	for _, k := range slices.Backward(all) {
		if k.Since == "" || CompareVersions(version, "v"+k.Since) < 0 {
			continue
		}
		if strings.TrimPrefix(k.Name, "v") != name {
			k.Asked = strings.TrimPrefix(name, "v")
		}
		return k, nil
	}
	return Kernel{}, fmt.Errorf(
		"kernel %q is older than all editions: %s is the first that has a name", name, all[0].Name,
	)
}

// Covers says which versions of the kernel the edition stands for: "6.10 to 6.13". It is empty for one that stands for
// nothing but itself.
func (k Kernel) Covers() string {
	if k.Since == "" {
		return ""
	}
	last, _, _ := strings.Cut(strings.TrimPrefix(k.Name, "v"), "/")
	for _, other := range Kernels() {
		if other.Since != "" && CompareVersions("v"+other.Since, "v"+k.Since) > 0 {
			last = versionBefore(other.Since)
			break
		}
	}
	if last == k.Since {
		return last
	}
	return k.Since + " to " + last
}

// versionBefore is the release that came before a release, both without the v.
func versionBefore(version string) string {
	var major, minor int
	fmt.Sscanf(version, "%d.%d", &major, &minor)
	if minor > 0 {
		return fmt.Sprintf("%d.%d", major, minor-1)
	}
	return map[int]string{5: "4.20", 6: "5.19", 7: "6.19"}[major]
}

// unfixed reports whether a release is a candidate of v4.6 before the fix of its rollback: 3b9d6da67e11 came with -rc5.
func unfixed(release string) bool {
	var candidate int
	n, _ := fmt.Sscanf(strings.TrimPrefix(release, "v"), "4.6-rc%d", &candidate)
	if n == 0 {
		n, _ = fmt.Sscanf(strings.TrimPrefix(release, "v"), "4.6.0-rc%d", &candidate) // as uname has it
	}
	return n == 1 && candidate < 5
}

// parseVersion finds the version, "v6.12", of a release such as "6.12.117+deb13-amd64", whose distribution and flavour
// change nothing.
func parseVersion(release string) (version string, ok bool) {
	release = strings.TrimPrefix(release, "v")
	var major, minor int
	if n, _ := fmt.Sscanf(release, "%d.%d", &major, &minor); n < 2 {
		return "", false
	}
	version = fmt.Sprintf("%d.%d", major, minor)
	rest, ok := strings.CutPrefix(release, version)
	return "v" + version, ok && (rest == "" || strings.ContainsRune(".-+~", rune(rest[0])))
}
