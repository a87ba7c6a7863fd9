package explore

import (
	"runtime/metrics"
	"sync"
	"sync/atomic"
)

// memory allocates large arrays of words and knows how much is in use. Where the system allows it they lie outside the
// garbage-collected heap: they hold no pointers, may be given back at once, and large pages spare most of the misses in
// the address translation.
type memory struct {
	used atomic.Int64

	mu     sync.Mutex
	pages  [][]uint64           // of pageWords words, for use again
	mapped map[*uint64][]uint64 // outside the heap
}

const (
	large     = 1 << 13 // the size in words from which an array lies outside the heap
	pageWords = 1 << 15 // the words of a page of a queue
	sparePage = 1 << 3  // how many pages are kept for use again
)

// alloc returns n zero words.
func (m *memory) alloc(n int) []uint64 {
	m.used.Add(8 * int64(n))
	if n >= large {
		if words := mapWords(n); words != nil {
			m.mu.Lock()
			defer m.mu.Unlock()
			if m.mapped == nil {
				m.mapped = map[*uint64][]uint64{}
			}
			m.mapped[&words[0]] = words
			return words
		}
	}
	return make([]uint64, n)
}

// extend returns an array with the words of another, which is not to be used any more, and zeros up to length n.
func (m *memory) extend(words []uint64, n int) []uint64 {
	m.mu.Lock()
	_, mapped := m.mapped[&words[0]]
	if mapped {
		if longer := remapWords(words, n); longer != nil {
			delete(m.mapped, &words[0])
			m.mapped[&longer[0]] = longer
			m.mu.Unlock()
			m.used.Add(8 * int64(n-len(words)))
			return longer
		}
	}
	m.mu.Unlock()
	longer := m.alloc(n)
	copy(longer, words)
	m.free(words)
	return longer
}

// free gives an array back that alloc returned, whole.
func (m *memory) free(words []uint64) {
	m.used.Add(-8 * int64(len(words)))
	if len(words) < large {
		return
	}
	m.mu.Lock()
	_, ok := m.mapped[&words[0]]
	delete(m.mapped, &words[0])
	m.mu.Unlock()
	if ok {
		unmapWords(words)
	}
}

// close gives everything back that lies outside the heap.
func (m *memory) close() {
	for _, words := range m.mapped {
		unmapWords(words)
	}
	m.mapped = nil
}

// page returns pageWords words, which may hold anything.
func (m *memory) page() []uint64 {
	m.mu.Lock()
	if n := len(m.pages); n > 0 {
		page := m.pages[n-1]
		m.pages = m.pages[:n-1]
		m.mu.Unlock()
		return page
	}
	m.mu.Unlock()
	return m.alloc(pageWords)
}

// freePage takes a page back.
func (m *memory) freePage(page []uint64) {
	m.mu.Lock()
	if len(m.pages) < sparePage {
		m.pages = append(m.pages, page)
		m.mu.Unlock()
		return
	}
	m.mu.Unlock()
	m.free(page)
}

// trim gives back the pages that are kept for use again.
func (m *memory) trim() {
	m.mu.Lock()
	pages := m.pages
	m.pages = nil
	m.mu.Unlock()
	for _, page := range pages {
		m.free(page)
	}
}

// bytes returns how much is allocated.
func (m *memory) bytes() uint64 { return uint64(m.used.Load()) }

// process is what the Go runtime holds of the system's memory, its heap for the most part. Arrays outside the heap do
// not count.
func process() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}
