// Package serve is the explorer: the state space of a machine in a browser. A state's address is the kernel, the
// scenario and the path to it, so it can be shared; nothing is kept between requests, and no state space is loaded.
// What is in an address is checked before it is used, and the only thing that it can do is to show a page.
package serve

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
	"github.com/hpcheck/hpcheck/stepper"
)

// Limits of what one request may take.
const (
	findStates  = 300_000
	findTime    = 10 * time.Second
	checkTime   = 60 * time.Second
	checkMemory = 1 << 30
	longestURL  = 16 << 10
)

//go:embed page.html page.css page.js
var files embed.FS

var page = template.Must(
	template.New("page.html").Funcs(template.FuncMap{
		"breakable": breakable, "joined": reports.InOneSentence, "capital": reports.Capital,
	}).ParseFS(files, "page.html"),
)

// breakable lets the browser break a long name of C.
func breakable(name string) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(name), "_", "_<wbr>"))
}

// Server shows one machine. Its handler may be used by several requests at a time.
type Server struct {
	suite   *invariants.Suite
	command string
	css     template.CSS
	js      template.JS
	pool    sync.Pool
	busy    chan struct{} // searches that are under way: they take a core each
	mu      sync.Mutex
	found   map[string]stepper.Path // counterexamples, once they are known
	home    stepper.Path            // where / leads, if not to the boot
}

// New returns a server. The pages say how to check the machine in the words of whoever asks.
func New(m *model.Machine, ask *reports.Request) (*Server, error) {
	s := &Server{
		suite: invariants.Compile(m, invariants.For(m)), busy: make(chan struct{}, 2), found: map[string]stepper.Path{},
		command: ask.Command(m),
	}
	s.pool.New = func() any { return stepper.New(s.suite) }
	css, err := files.ReadFile("page.css")
	if err != nil {
		return nil, err
	}
	js, err := files.ReadFile("page.js")
	if err != nil {
		return nil, err
	}
	s.css, s.js = reports.Look()+template.CSS(css), reports.LaneScript()+template.JS(js)
	return s, nil
}

// String names what is served: the kernel and the scenario.
func (s *Server) String() string {
	return fmt.Sprintf("%s: %s", s.suite.Machine.Kernel, s.suite.Machine.Scenario)
}

// Show makes a path that is known already, such as that of a saved counterexample, the one that leads to a violation of
// the property, and returns its address. The first one is where / leads from now on. The error says
// that the path does not exist, or violates nothing.
func (s *Server) Show(property string, path stepper.Path) (string, error) {
	st := s.pool.Get().(*stepper.Stepper)
	defer s.pool.Put(st)
	v, err := st.At(path)
	if err != nil {
		return "", err
	}
	is := func(violated stepper.Violation) bool { return violated.Property == property }
	known := func(p *invariants.Property) bool { return p.Name == property }
	if violated := slices.ContainsFunc(v.Violated, is); violated || !slices.ContainsFunc(s.suite.Properties, known) {
		s.mu.Lock() // if it is not known, it is a way to wait for ever, or a property of a file
		defer s.mu.Unlock()
		if violated {
			s.found[property] = path
		}
		if s.home == nil {
			s.home = path
		}
		return link(path), nil
	}
	return "", fmt.Errorf("its %d steps do not violate %s here", len(path), property)
}

// Handler answers requests.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.state)
	mux.HandleFunc("GET /find", s.find)
	mux.HandleFunc("GET /counterexample", s.counterexample)
	return secured(mux)
}

// secured refuses what does not come from this machine's own pages, and tells the browser to load nothing from
// anywhere.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set(
			"Content-Security-Policy",
			"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; form-action 'self'; "+
				"frame-ancestors 'none'; base-uri 'none'; img-src data:",
		)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		switch {
		case len(r.URL.RequestURI()) > longestURL:
			http.Error(w, "the address is too long", http.StatusRequestURITooLong)
		case r.Header.Get("Sec-Fetch-Site") == "cross-site" && r.URL.Path != "/":
			// Another site may link to a state, and not have a search run.
			http.Error(w, "searches are run from these pages only", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// content is what the page shows.
type content struct {
	*stepper.View
	Title    string
	Kernel   string
	Scenario string
	Command  string
	CSS      template.CSS
	JS       template.JS
	Tables   []stepper.Table
	Diagram  template.HTML // the way here, and what is possible, on the lanes of the threads
	Ladders  []ladder
	Changed  map[string]bool
	Last     *reports.Step
	Source   string // where its function is
	By       []choices
	Back     string
	First    string
	Link     string
	Props    []property
	Query    string
	Help     string
	Problem  string
	Elapsed  time.Duration
}

// choices are what a thread may do.
type choices struct {
	stepper.Thread
	Choices []stepper.Choice
}

// ladder is where a CPU stands on its ladder.
type ladder struct {
	*reports.Ladder
	Picture template.HTML
}

// property is a property as it stands after the path.
type property struct {
	Name, Doc string
	Step      int // the first step that violated it, 0 if none has
	Clauses   []string
}

// state shows a state.
func (s *Server) state(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	home := s.home
	s.mu.Unlock()
	if home != nil && !r.URL.Query().Has("at") {
		http.Redirect(w, r, link(home), http.StatusFound)
		return
	}
	path, err := stepper.ParsePath(r.URL.Query().Get("at"))
	if err != nil {
		s.show(w, http.StatusBadRequest, nil, "", err)
		return
	}
	s.show(w, http.StatusOK, path, "", nil)
}

// link is the address of a state. That of the boot is not / alone, which may lead elsewhere.
func link(path stepper.Path) string {
	return "/?at=" + url.QueryEscape(path.String())
}

// show writes the page of a state, with a problem if there is one.
func (s *Server) show(w http.ResponseWriter, status int, path stepper.Path, query string, problem error) {
	start := time.Now()
	st := s.pool.Get().(*stepper.Stepper)
	defer s.pool.Put(st)
	v, err := st.At(path)
	if err != nil { // the path leads nowhere: the nearest that does is shown
		var nowhere *stepper.PathError
		if errors.As(err, &nowhere) {
			path = path[:nowhere.At-1]
		} else {
			path = nil
		}
		status, problem = http.StatusBadRequest, err
		if v, err = st.At(path); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	c := s.content(v)
	c.Query = query
	if problem != nil {
		c.Problem = problem.Error()
	}
	c.Elapsed = time.Since(start).Round(time.Millisecond)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = page.Execute(w, c) // the browser has gone away: nobody is left to tell
}

func (s *Server) content(v *stepper.View) *content {
	m := s.suite.Machine
	c := &content{
		View: v, Kernel: m.Kernel.String(), Scenario: m.Scenario.String(), Command: s.command, CSS: s.css, JS: s.js,
		Tables: stepper.Tables(v.Cells), Changed: map[string]bool{}, Back: link(v.Path.Back(1)), First: link(nil),
		Link: link(v.Path), Help: stepper.Help, Title: fmt.Sprintf("%s after %d steps", m.Kernel, len(v.Path)),
	}
	if n := len(v.Steps); n > 0 {
		c.Last = &v.Steps[n-1]
		for _, ch := range c.Last.Changes {
			c.Changed[ch.Name] = true
		}
		e := reports.EditionOf(m.Kernel)
		c.Source = e.SourceURL(c.Last.Function)
	}
	if v.Walk != nil {
		c.Diagram = v.Walk.Diagram(drawn(v.Choices))
	}
	for cpu := range m.Scenario.CPUs {
		if l := reports.NewLadder(m, v.Steps, cpu, 0); cpu > 0 || l.State != l.Began {
			c.Ladders = append(c.Ladders, ladder{l, l.Picture()})
		}
	}
	for _, t := range v.Threads {
		by := choices{Thread: t}
		for _, choice := range v.Choices {
			if choice.Step.Thread == t.Name {
				by.Choices = append(by.Choices, choice)
			}
		}
		c.By = append(c.By, by)
	}
	for _, p := range s.suite.Properties {
		prop := property{Name: p.Name, Doc: p.Doc}
		for _, list := range [][]stepper.Violation{v.Broken, v.Violated} {
			for _, x := range list {
				if x.Property == p.Name && prop.Step == 0 {
					prop.Step, prop.Clauses = max(x.Step, 1), x.Clauses
				}
			}
		}
		c.Props = append(c.Props, prop)
	}
	return c
}

// drawn are the choices as the diagram has them.
func drawn(choices []stepper.Choice) []reports.Choice {
	var all []reports.Choice
	for i := range choices {
		c := &choices[i]
		all = append(all, reports.Choice{
			Step: &c.Step, Ordinal: c.Ordinal, Href: link(c.Path), Violates: len(c.Violates) > 0,
		})
	}
	return all
}

// Steps of the page's template.

// Href is the address of the state after a choice.
func (c *content) Href(choice stepper.Choice) string { return link(choice.Path) }

// Before is the address of the state after the first steps.
func (c *content) Before(step int) string { return link(c.Path[:min(step, len(c.Path))]) }

// Recent are the last steps of the way, the latest first.
func (c *content) Recent() []*reports.Step {
	const most = 25
	var recent []*reports.Step
	for i := len(c.Steps) - 1; i >= 0 && len(recent) < most; i-- {
		recent = append(recent, &c.Steps[i])
	}
	return recent
}

// Text is what a choice does, in short.
func (c *content) Text(s reports.Step) string {
	text := s.Label
	if s.Outcome != "" {
		text += " → " + s.Outcome
	}
	return strings.TrimSpace(text)
}

// find goes to the nearest state of which a condition is true.
func (s *Server) find(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query().Get("q")
	s.search(w, r, query, func(ctx context.Context, st *stepper.Stepper, path stepper.Path) (stepper.Path, error) {
		c, err := st.Condition(query)
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(ctx, findTime)
		defer cancel()
		return st.Find(ctx, path, c, findStates)
	})
}

// counterexample runs the checker for a property and goes to the violation.
func (s *Server) counterexample(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("property")
	s.search(w, r, "", func(ctx context.Context, st *stepper.Stepper, _ stepper.Path) (stepper.Path, error) {
		s.mu.Lock()
		path, ok := s.found[name]
		s.mu.Unlock()
		if ok {
			return path, nil
		}
		path, err := st.Counterexample(ctx, name, explore.Options{Workers: 1, Timeout: checkTime, Memory: checkMemory})
		if err == nil {
			s.mu.Lock()
			s.found[name] = path
			s.mu.Unlock()
		}
		return path, err
	})
}

// search runs a search, of which there may be two at a time, and sends the browser to what it found.
func (s *Server) search(
	w http.ResponseWriter, r *http.Request, query string,
	search func(context.Context, *stepper.Stepper, stepper.Path) (stepper.Path, error),
) {
	from, err := stepper.ParsePath(r.URL.Query().Get("at"))
	if err != nil {
		s.show(w, http.StatusBadRequest, nil, query, err)
		return
	}
	select {
	case s.busy <- struct{}{}:
		defer func() { <-s.busy }()
	case <-r.Context().Done():
		return
	}
	st := s.pool.Get().(*stepper.Stepper)
	path, err := search(r.Context(), st, from)
	s.pool.Put(st)
	if err != nil {
		s.show(w, http.StatusOK, from, query, err)
		return
	}
	http.Redirect(w, r, link(path), http.StatusSeeOther)
}
