package cfront

import (
	"fmt"
	"strings"
)

// Config holds the CONFIG_ symbols that are set, as the kernel's generated autoconf.h defines them: a symbol that is y
// is "1" under its own name, one that is m is "1" under its name with _MODULE behind it, and others are their value.
// What is not set is not in it. Names without CONFIG_ may be in it, too: they count as defined, as BITS_PER_LONG.
type Config map[string]string

// ParseConfig reads the text of a .config.
func ParseConfig(text string) (Config, error) {
	c := Config{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, found := strings.Cut(line, "=")
		if !found || !strings.HasPrefix(name, "CONFIG_") {
			return nil, fmt.Errorf("%d: %.60q is no line of a .config: want CONFIG_NAME=VALUE or a comment", n, line)
		}
		c.Set(name, value)
	}
	return c, nil
}

// Set sets a symbol to a value as it stands in a .config: y, m, n, a number or a quoted string.
func (c Config) Set(name, value string) {
	delete(c, name)
	delete(c, name+"_MODULE")
	switch value {
	case "n":
	case "y":
		c[name] = "1"
	case "m":
		c[name+"_MODULE"] = "1"
	default:
		c[name] = value
	}
}

// Value is what a .config says of a symbol: y, m, n, a number or a quoted string.
func (c Config) Value(name string) string {
	switch v, ok := c[name]; {
	case ok && v == "1":
		return "y"
	case ok:
		return v
	case c[name+"_MODULE"] != "":
		return "m"
	}
	return "n"
}

// Enabled is the kernel's IS_ENABLED: the symbol is y or m.
func (c Config) Enabled(name string) bool { return c[name] == "1" || c[name+"_MODULE"] == "1" }

// Builtin is the kernel's IS_BUILTIN: the symbol is y.
func (c Config) Builtin(name string) bool { return c[name] == "1" }
