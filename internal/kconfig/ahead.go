package kconfig

import (
	"strings"
	"sync"
)

// ahead reads the files of a tree in the order in which they will be asked for, while those before are parsed: half of
// the time goes by with reading. Nothing else reads meanwhile.
type ahead struct {
	read    func(path string) (string, error)
	expand  func(text string) string
	mu      sync.Mutex
	changed *sync.Cond
	files   map[string]content
	done    bool // all is read, or nobody wants more
	running sync.WaitGroup
}

// content is what a file holds, or why it can't be read.
type content struct {
	text string
	err  error
}

func readAhead(read func(string) (string, error), top string, expand func(string) string) *ahead {
	a := &ahead{read: read, expand: expand, files: map[string]content{}}
	a.changed = sync.NewCond(&a.mu)
	a.running.Go(func() {
		a.file(top)
		a.end()
	})
	return a
}

// file reads a file and what it sources.
func (a *ahead) file(path string) {
	a.mu.Lock()
	_, known := a.files[path]
	over := a.done
	a.mu.Unlock()
	if known || over {
		return
	}
	text, err := a.read(path)
	a.mu.Lock()
	a.files[path] = content{text, err}
	a.changed.Broadcast()
	a.mu.Unlock()
	for line := range strings.Lines(text) {
		rest, is := strings.CutPrefix(strings.TrimSpace(line), "source")
		rest = strings.Trim(strings.TrimSpace(rest), `"`)
		if is && rest != "" {
			a.file(a.expand(rest))
		}
	}
}

// get returns a file, when it was read.
func (a *ahead) get(path string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for {
		f, known := a.files[path]
		switch {
		case known:
			return f.text, f.err
		case a.done: // a macro has made its name
			return a.read(path)
		}
		a.changed.Wait()
	}
}

// end has nothing more read.
func (a *ahead) end() {
	a.mu.Lock()
	a.done = true
	a.changed.Broadcast()
	a.mu.Unlock()
}

// close ends it, and waits until nothing is read any more.
func (a *ahead) close() {
	a.end()
	a.running.Wait()
}
