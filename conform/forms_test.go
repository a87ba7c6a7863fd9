package conform

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"mime/quotedprintable"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/ulikunitz/xz"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// formFiles are recordings of one machine in the forms in which tools and options of the tracer write them: CPU 1 goes
// down and comes back. Each was written by the tool itself.
func formFiles(t *testing.T) map[string][]byte {
	t.Helper()
	f, err := os.Open("testdata/6.12-cloud/forms.tar.gz")
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	files := map[string][]byte{}
	for archive := tar.NewReader(z); ; {
		h, err := archive.Next()
		if err == io.EOF {
			return files
		}
		require.NoError(t, err)
		files[h.Name], err = io.ReadAll(archive)
		require.NoError(t, err)
	}
}

// verdictOf is the verdict on a file of that content, and the trace that was read.
func verdictOf(t *testing.T, k model.Kernel, name string, content []byte) (Result, *ftrace.Trace) {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(file, content, 0o666))
	found := ftrace.OpenAll(file)
	require.Len(t, found.Traces, 1, name)
	return Check(t.Context(), k, found.Traces[0]), found.Traces[0]
}

// converted are forms that are the same text with something done to it.
func converted(t *testing.T, files map[string][]byte) map[string][]byte {
	t.Helper()
	text := string(files["trace.txt"])
	lines := func(change func(i int, line string) string) []byte {
		var b strings.Builder
		for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
			b.WriteString(change(i, line) + "\n")
		}
		return []byte(b.String())
	}
	before := func(prefix string) []byte {
		return lines(
			func(i int, line string) string { return strings.ReplaceAll(prefix, "%d", fmt.Sprint(i+1)) + line },
		)
	}
	packed := func(w func(io.Writer) io.WriteCloser) []byte {
		var b bytes.Buffer
		z := w(&b)
		_, err := z.Write([]byte(text))
		require.NoError(t, err)
		require.NoError(t, z.Close())
		return b.Bytes()
	}
	words := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		words = append(words, byte(u), byte(u>>8))
	}
	callback := regexp.MustCompile(`\((\w+)\)`)
	all := map[string][]byte{
		"quoted":        before("> "),
		"quoted twice":  before(">> "),
		"trace.dat":     before("trace.dat: "),
		"grep -H":       before("down/cpu1.trace:"),
		"grep -n":       before("%d:"),
		"dmesg":         before("[   33.970603] "),
		"dmesg, caller": before("[   33.970603][    T1] "),
		"syslog":        before("Nov 30 07:29:00 box kernel: [   33.970603] "),
		"journal":       before("2026-11-30T07:29:00.123456+00:00 box kernel: "),
		"CRLF":          lines(func(_ int, line string) string { return line + "\r" }),
		"UTF-16":        words,
		"BOM":           []byte("\ufeff" + text),
		"empty first":   []byte("\n" + text),
		"systrace": []byte("<!DOCTYPE html>\n<html><body>\n<script class=\"trace-data\" type=\"application/text\">\n" +
			text + "</script></body></html>\n"),
		"systrace, older": []byte("<html><script>\n  var linuxPerfData = \"\\\n" +
			string(lines(func(_ int, line string) string { return line + `\n\` })) + "\";\n</script></html>\n"),
		"gzip":  packed(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }),
		"xz":    packed(func(w io.Writer) io.WriteCloser { z, _ := xz.NewWriter(w); return z }),
		"zstd":  packed(func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w); return z }),
		"bzip2": bzip2Of(t, text),
		"zip": packed(func(w io.Writer) io.WriteCloser {
			z := zip.NewWriter(w)
			f, err := z.Create("a/trace.txt")
			require.NoError(t, err)
			return struct {
				io.Writer
				io.Closer
			}{f, z}
		}),
		"tp_printk": lines(func(_ int, line string) string {
			_, body, _ := strings.Cut(line, ": ")
			return "[   33.970603] " + body
		}),
	}
	broken := func(width int, prefix string) []byte {
		return lines(func(_ int, line string) string {
			if at := strings.LastIndexByte(line[:min(width, len(line))], ' '); len(line) > width && line[0] != '#' {
				line = line[:at] + "\n" + prefix + line[at+1:]
			}
			return prefix + line
		})
	}
	for name, text := range map[string][]byte{
		"cat -n":            before("    %d\t"),
		"a service's log":   before("guest-1  | "),
		"kubectl logs":      before("2026-11-30T07:29:00.123456789Z stdout F "),
		"a test's log":      before("[stdlog] 2026-11-30 07:29:00,123 avocado.test     L0300 DEBUG| "),
		"ts":                before("Nov 30 07:29:00 "),
		"a patch":           before("+"),
		"a buffer's name":   before("hotplug-instance: "),
		"a file's name":     before("    v6.dat: "),
		"colours":           before("\x1b[32m"),
		"grep --color":      []byte(strings.ReplaceAll(text, "cpuhp", "\x1b[01;31m\x1b[Kcpuhp\x1b[m\x1b[K")),
		"tabs":              []byte(regexp.MustCompile(` {2,}`).ReplaceAllString(text, "\t")),
		"one space":         []byte(regexp.MustCompile(` {2,}`).ReplaceAllString(text, " ")),
		"zeros":             []byte(strings.ReplaceAll(text, "\n", "\x00\n")),
		"broken lines":      broken(80, ""),
		"a quoted mail":     broken(72, "> "),
		"Markdown":          []byte("Here it is:\n\n```\n" + text + "```\n"),
		"a shell":           []byte("# cat /sys/kernel/tracing/trace\n" + text + "root@box:~# \n"),
		"quoted-printable":  []byte("Subject: hang\nContent-Transfer-Encoding: quoted-printable\n\n" + quoted(text)),
		"UTF-16, no mark":   words[2:],
		"no newline at end": []byte(strings.TrimSuffix(text, "\n")),
	} {
		all[name] = text
	}
	for _, suffix := range []string{".cfi_jt", ".isra.0", ".constprop.3", ".llvm.1234567", ".part.0", "+0x0",
		"+0x0/0x40", " [module]"} {
		all["callbacks with "+suffix] = []byte(callback.ReplaceAllString(text, "($1"+suffix+")"))
	}
	return all
}

// quoted is text as a mail may have it.
func quoted(text string) string {
	var b strings.Builder
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

// bzip2Of is text packed by bzip2, which Go unpacks and does not pack: what bzip2 made of it is kept.
func bzip2Of(t *testing.T, text string) []byte {
	t.Helper()
	packed, err := os.ReadFile("testdata/6.12-cloud/trace.bz2")
	require.NoError(t, err)
	assert.NotEmpty(t, text)
	return packed
}

// One good trace in each form is accepted.
func TestForms(t *testing.T) {
	_, k := machineOf(t, "6.12-cloud")
	files := formFiles(t)
	for _, not := range []string{"raw.txt", "perf.data"} {
		delete(files, not)
	}
	assert.GreaterOrEqual(t, len(files), 27)
	good, _ := verdictOf(t, k, "trace.txt", files["trace.txt"])
	events := func(name string, trace *ftrace.Trace) int {
		return len(slices.DeleteFunc(slices.Clone(trace.Events), func(e ftrace.Event) bool {
			return e.Kind != ftrace.Enter && e.Kind != ftrace.MultiEnter && e.Kind != ftrace.Exit
		}))
	}
	for name, content := range files {
		r, trace := verdictOf(t, k, name, content)
		assert.Equal(
			t, VerdictAccepted, r.Verdict, "%s:%d: %s %s %s %v", name, r.Line, r.Why, r.Seen, r.Reason, r.Could,
		)
		if !strings.HasPrefix(name, "perf") {
			assert.GreaterOrEqual(t, events(name, trace), 150, name)
		}
	}
	for name, content := range converted(t, files) {
		r, _ := verdictOf(t, k, "file", content)
		assert.Equal(
			t, VerdictAccepted, r.Verdict, "%s:%d: %s %s %s %v", name, r.Line, r.Why, r.Seen, r.Reason, r.Could,
		)
		assert.Equal(t, good.Events, r.Events, name)
	}
}

// What is read of trace-cmd's file is what trace-cmd report prints of it.
func TestFilesOfTraceCmdAreWhatItReports(t *testing.T) {
	files := formFiles(t)
	read := func(name string) []string {
		file := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(file, files[name], 0o666))
		var all []string
		for _, e := range ftrace.OpenAll(file).Traces[0].Events {
			all = append(
				all, fmt.Sprint(e.Comm, e.PID, e.On, e.Kind, e.CPU, e.Step, e.Target, e.State, e.Ret, e.Func, e.Write),
			)
		}
		return all
	}
	want := read("v6.dat")
	assert.Len(t, want, 156)
	assert.Contains(t, want[0], "BEGIN")
	assert.Equal(t, want, read("v7zstd.dat"))
	assert.Equal(t, want, read("v7none.dat"))
}

// A wrong trace in such a form is refused: each form tells enough for that.
func TestFormsOfWrongTraces(t *testing.T) {
	_, k := machineOf(t, "6.12-cloud")
	files := formFiles(t)
	for name, change := range map[string][2]string{
		"latency.txt":   {"state: 234 step: 235 ret: 0", "state: 234 step: 235 ret: -5"},
		"graph.txt":     {"step: 235 (sched_cpu_deactivate)", "step: 235 (sched_cpu_activate)"},
		"fields.txt":    {"state=0xea (234)", "state=0xeb (235)"},
		"nocontext.txt": {"END cpu1/online=0 errno=0", "END cpu1/online=0 errno=16"},
		"report.txt":    {"END cpu1/online=0 errno=0", "END cpu1/online=0 errno=16"}, "perf.txt": {"target:   0 " +
			"step: " +
			"145 (takedown_cpu)", "target:   1 step: 145 (takedown_cpu)"},
		"dump.txt": {"END cpu1/online=0 errno=0", "END cpu1/online=0 errno=16"}, "reportR.txt": {"state=234 idx=235 " +
			"ret=0", "state=234 idx=235 ret=-5"},
	} {
		text := string(files[name])
		require.Contains(t, text, change[0], name)
		r, _ := verdictOf(t, k, name, []byte(strings.Replace(text, change[0], change[1], 1)))
		assert.Equal(t, VerdictRefused, r.Verdict, "%s: %s", name, r.Why)
	}
	hidden := strings.ReplaceAll(string(files["report.txt"]), "tracing_mark_write: ", "0xffffffff8a61cdea: ")
	r, _ := verdictOf(t, k, "hidden", []byte(hidden))
	assert.Equal(t, VerdictAccepted, r.Verdict)
	r, _ = verdictOf(t, k, "hidden", []byte(strings.Replace(hidden, "END cpu1/online=0 errno=0", "END cpu1/online=0 "+
		"errno=16", 1)))
	assert.Equal(t, VerdictRefused, r.Verdict, "a mark counts where symbols are hidden, too")
}

// What is no trace, or a broken one, is not read, and the reason is told.
func TestMalformedFiles(t *testing.T) {
	_, k := machineOf(t, "6.12-cloud")
	files := formFiles(t)
	trace, dat, zst := files["trace.txt"], files["v6.dat"], files["v7zstd.dat"]
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write(trace)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	for name, tt := range map[string]struct {
		content []byte
		why     string
	}{
		"empty":       {nil, "it is empty"},
		"perf.data":   {files["perf.data"], "it is perf's own file: perf script prints it as text"},
		"options/raw": {files["raw.txt"], "it has no events of CPU hotplug"},
		"a picture":   {[]byte("\x89PNG\r\n\x1a\n\x00\x00"), "it is a picture"},
		"a program":   {[]byte("\x7fELF\x02\x01\x01\x00\x00"), "it is a program or an object file"},
		"no text": {append([]byte{1, 2, 3}, make([]byte, 99)...), "it is no text, and begins with " +
			"the bytes 01 02 03"},
		"half of gzip":        {packed.Bytes()[:packed.Len()/2], "unexpected EOF"},
		"half of trace.dat":   {dat[:len(dat)/2], "the file of trace-cmd is cut off: in the buffer of CPU 0"},
		"a head of trace.dat": {dat[:11], "the file of trace-cmd is cut off: in its head"},
		"version 5 of trace.dat": {bytes.Replace(dat, []byte("tracing6"), []byte("tracing5"), 1), "version 5: 6 and " +
			"7 are read"},
		"another compression": {bytes.Replace(zst, []byte("zstd\x00"), []byte("lzma\x00"), 1), "compressed by " +
			"lzma: want zstd, zlib or none"},
		"half a line in the middle": {halved(trace), "want cpu: N state: N step: N ret: N"},
		"lz4":                       {[]byte("\x04\x22\x4d\x18dd"), "it is packed by lz4: unpack it first"},
		"7z":                        {[]byte("7z\xbc\xaf\x27\x1c\x00\x04"), "it is an archive of 7z: unpack it first"},
		"lzop":                      {[]byte("\x89LZO\x00\r\n\x1a\n"), "it is packed by lzop: unpack it first"},
		"JSON of perf": {
			[]byte("{\n\t\"linux-perf-json-version\": 1,\n"), "perf script prints the events as text",
		},
		"perf trace": {
			[]byte("     0.000 cpuhp/1/25 cpuhp:cpuhp_enter(cpu: 1, target: 145, idx: 235, fun: 0xffffffff8a50ac10)\n"),
			"it is text of perf trace",
		},
		"a name too long": {
			[]byte("somebodys_long_prefix-of-lines-77 [000] .....  1.0: cpuhp_enter: cpu: 0001 target: 1 step: 2 " +
				"(f)\n"),
			"is no task's name, which has 15 characters at most",
		},
		"a letter": {[]byte("Dear all,\nmy CPU does not come back.\n"), "it has no events of CPU hotplug"},
	} {
		r, _ := verdictOf(t, k, "file", tt.content)
		assert.Equal(t, VerdictUnread, r.Verdict, name)
		assert.Contains(t, r.Why, tt.why, name)
	}
}

// halved has a line that ends in its middle.
func halved(trace []byte) []byte {
	at := bytes.Index(trace, []byte("ret:"))
	end := at + bytes.IndexByte(trace[at:], '\n')
	return append(bytes.Clone(trace[:at]), trace[end:]...)
}

// trace-cmd split doubles the first event of a CPU: that is the tool's, and not the kernel's.
func TestSplitTraces(t *testing.T) {
	_, k := machineOf(t, "6.12-cloud")
	text := string(formFiles(t)["report.txt"])
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		if strings.Contains(line, "[001]") {
			doubled := strings.Join(slices.Insert(slices.Clone(lines), i, line), "")
			r, _ := verdictOf(t, k, "split", []byte(doubled))
			assert.Equal(t, VerdictAccepted, r.Verdict, "%v", r.Could)
			assert.Contains(t, r.Notes, "the first event of CPU 1 stands twice, as trace-cmd split writes it, and "+
				"is taken once")
			break
		}
	}
	last := len(lines) - 20
	r, _ := verdictOf(t, k, "doubled", []byte(strings.Join(slices.Insert(slices.Clone(lines), last, lines[last]), "")))
	assert.Equal(t, VerdictRefused, r.Verdict, "elsewhere it is the kernel's")
}

// With options/raw the kernel writes nothing of an event but its type, and that is named.
func TestRawOption(t *testing.T) {
	_, k := machineOf(t, "6.12-cloud")
	for _, text := range []string{"123 1 104950000000 Unknown type 315\n", "Unknown type 315\nUnknown type 316\n"} {
		file := filepath.Join(t.TempDir(), "raw.trace")
		require.NoError(t, os.WriteFile(file, []byte("# tracer: nop\n#\n"+text), 0o666))
		found := ftrace.OpenAll(file)
		require.Len(t, found.Traces, 1)
		r := Check(t.Context(), k, found.Traces[0])
		assert.Equal(t, VerdictUnread, r.Verdict)
		assert.Contains(t, r.Why, "echo 0 >options/raw")
	}
}
