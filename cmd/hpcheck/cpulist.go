package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// mostCPUs is how many CPUs Linux has at most.
const mostCPUs = 8192

// cpuList is a flag with CPUs as the kernel's lists have them: 0,2-3, and 0-7:1/2 for one of each two.
type cpuList struct {
	to  *[]int
	set bool
}

// addCPUs adds such a flag.
func addCPUs(fs *pflag.FlagSet, to *[]int, name, usage string) { fs.Var(&cpuList{to: to}, name, usage) }

// Set implements [pflag.Value].
func (l *cpuList) Set(text string) error {
	cpus, err := parseCPUs(text)
	if err != nil {
		return err
	}
	if !l.set {
		*l.to, l.set = nil, true
	}
	for _, cpu := range cpus {
		if !slices.Contains(*l.to, cpu) {
			*l.to = append(*l.to, cpu)
		}
	}
	return nil
}

// String implements [pflag.Value].
func (l *cpuList) String() string {
	if l.to == nil || len(*l.to) == 0 {
		return ""
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(*l.to), " ", ","), "[]")
}

// Type implements [pflag.Value].
func (l *cpuList) Type() string { return "intSlice" }

// Append implements [pflag.SliceValue].
func (l *cpuList) Append(text string) error { return l.Set(text) }

// Replace implements [pflag.SliceValue].
func (l *cpuList) Replace(all []string) error {
	l.set = false
	return l.Set(strings.Join(all, ","))
}

// GetSlice implements [pflag.SliceValue].
func (l *cpuList) GetSlice() (all []string) {
	for _, cpu := range *l.to {
		all = append(all, strconv.Itoa(cpu))
	}
	return all
}

// parseCPUs reads such a list.
func parseCPUs(text string) (cpus []int, err error) {
	wrong := fmt.Errorf("want CPUs from 0 to %d, such as 1,3-5 or 0-7:1/2", mostCPUs-1)
	for _, part := range strings.Split(text, ",") {
		span, group, grouped := strings.Cut(strings.TrimSpace(part), ":")
		from, to, ranged := strings.Cut(span, "-")
		if !ranged {
			to = from
		}
		used, size := "1", "1"
		if grouped {
			var slash bool
			if used, size, slash = strings.Cut(group, "/"); !slash || !ranged {
				return nil, wrong
			}
		}
		var n [4]int
		for i, number := range []string{from, to, used, size} {
			if n[i], err = strconv.Atoi(number); err != nil || n[i] < 0 || n[i] >= mostCPUs {
				return nil, wrong
			}
		}
		if n[0] > n[1] || n[2] == 0 || n[2] > n[3] {
			return nil, wrong
		}
		for cpu := n[0]; cpu <= n[1]; cpu++ {
			if (cpu-n[0])%n[3] < n[2] {
				cpus = append(cpus, cpu)
			}
		}
	}
	return cpus, nil
}
