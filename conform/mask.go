package conform

import (
	"fmt"
	"strings"
)

// parseMask reads "0,2-3".
func parseMask(text string) []bool {
	var mask []bool
	for _, part := range strings.Split(text, ",") {
		var lo, hi int
		if n, _ := fmt.Sscanf(part, "%d-%d", &lo, &hi); n == 1 {
			hi = lo
		}
		for len(mask) <= hi {
			mask = append(mask, false)
		}
		for i := lo; i <= hi; i++ {
			mask[i] = true
		}
	}
	return mask
}

// formatMask writes it.
func formatMask(mask []bool) string {
	var parts []string
	for i := 0; i < len(mask); i++ {
		if !mask[i] {
			continue
		}
		j := i
		for j+1 < len(mask) && mask[j+1] {
			j++
		}
		if i == j {
			parts = append(parts, fmt.Sprint(i))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", i, j))
		}
		i = j
	}
	return strings.Join(parts, ",")
}
