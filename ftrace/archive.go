package ftrace

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// OpenAll reads a file, or, of one whose name ends in .tar.gz or .tgz, every file in it whose name ends in .trace.
// Those are named "ARCHIVE:FILE".
func OpenAll(file string) ([]*Trace, error) {
	if !strings.HasSuffix(file, ".tar.gz") && !strings.HasSuffix(file, ".tgz") {
		t, err := Open(file)
		if err != nil {
			return nil, err
		}
		return []*Trace{t}, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var all []*Trace
	for archive := tar.NewReader(z); ; {
		h, err := archive.Next()
		switch {
		case errors.Is(err, io.EOF) && len(all) == 0:
			return nil, fmt.Errorf("%s: it has no file whose name ends in .trace", file)
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("%s: %w", file, err)
		case !strings.HasSuffix(h.Name, ".trace"):
			continue
		}
		t, err := Read(file+":"+path.Base(h.Name), archive)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
}
