//go:build linux && !race

package explore

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugeWords is from where on an array asks for huge pages; smaller ones would waste too much of their last.
const hugeWords = 1 << 19

// mapWords maps n zero words outside the heap, nil if that can't be done.
func mapWords(n int) []uint64 {
	bytes, err := unix.Mmap(-1, 0, 8*n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil
	}
	return advise(bytes)
}

// remapWords makes an array longer that mapWords returned, nil if that can't be done.
func remapWords(words []uint64, n int) []uint64 {
	bytes, err := unix.Mremap(asBytes(words), 8*n, unix.MREMAP_MAYMOVE)
	if err != nil {
		return nil
	}
	return advise(bytes)
}

// unmapWords gives an array back.
func unmapWords(words []uint64) { _ = unix.Munmap(asBytes(words)) }

func advise(bytes []byte) []uint64 {
	words := unsafe.Slice((*uint64)(unsafe.Pointer(&bytes[0])), len(bytes)/8)
	if len(words) >= hugeWords {
		_ = unix.Madvise(bytes, unix.MADV_HUGEPAGE) // advice only
	}
	return words
}

func asBytes(words []uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), 8*len(words))
}
