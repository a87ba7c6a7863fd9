package explore

// queue is the states of a level in the order in which they were found, each an item of a fixed number of words. What
// was taken from the front is given back page by page; what waits at the end may be moved to a file.
type queue struct {
	width int
	per   int // items in a page
	mem   *memory
	pages [][]uint64 // nil: it was given back, or it is in the file
	n     int        // items
	freed int        // pages given back

	file *spillFile
	at   []extent // by page: where it is in the file, if its length is not 0
}

// newQueue returns an empty queue. An item must fit into a page.
func newQueue(width int, mem *memory, file *spillFile) *queue {
	return &queue{width: width, per: pageWords / width, mem: mem, file: file}
}

// reserve makes room for n more items, and returns the index of the first.
func (q *queue) reserve(n int) int {
	first := q.n
	q.n += n
	for len(q.pages)*q.per < q.n {
		q.pages = append(q.pages, q.mem.page())
	}
	return first
}

// item returns the i-th item. Several goroutines may use different items.
func (q *queue) item(i int) []uint64 {
	from := i % q.per * q.width
	return q.pages[i/q.per][from : from+q.width]
}

// release gives back the pages before the i-th item.
func (q *queue) release(i int) {
	for ; (q.freed+1)*q.per <= i; q.freed++ {
		q.drop(q.freed)
	}
}

func (q *queue) drop(page int) {
	if q.pages[page] != nil {
		q.mem.freePage(q.pages[page])
		q.pages[page] = nil
	}
}

// clear gives everything back.
func (q *queue) clear() {
	for page := range q.pages {
		q.drop(page)
	}
	q.pages, q.at, q.n, q.freed = q.pages[:0], q.at[:0], 0, 0
	q.file.end = 0
}

// spill moves every full page from the given one on to the file, and returns how many that were.
func (q *queue) spill(from int) (int, error) {
	moved := 0
	for page := max(from, q.freed); (page+1)*q.per <= q.n; page++ {
		if q.pages[page] == nil {
			continue
		}
		at, err := q.file.write(q.pages[page])
		if err != nil {
			return moved, err
		}
		for len(q.at) <= page {
			q.at = append(q.at, extent{})
		}
		q.at[page] = at
		q.drop(page)
		moved++
	}
	return moved, nil
}

// load brings back the pages of the items from first up to last.
func (q *queue) load(first, last int) error {
	for page := first / q.per; page*q.per < last; page++ {
		if q.pages[page] != nil {
			continue
		}
		q.pages[page] = q.mem.page()
		if err := q.file.read(q.at[page], q.pages[page]); err != nil {
			return err
		}
	}
	return nil
}
