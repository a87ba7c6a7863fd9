package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hpcheck/hpcheck/reports"
	"github.com/hpcheck/hpcheck/serve"
)

// newPageCommand is what the playground calls: hpcheck serve for one page, where nobody can listen.
func newPageCommand() *cobra.Command {
	var f machineFlags
	cmd := &cobra.Command{
		Use:   "page ADDRESS",
		Short: "Write one page of hpcheck serve to stdout",
		Long: "page writes one page of hpcheck serve to stdout, after a line with its address: a search leads to " +
			"another one.",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := f.machine(cmd.Flags())
			if err != nil {
				return err
			}
			s, err := serve.New(m, &reports.Request{Line: line})
			if err != nil {
				return err
			}
			return page(cmd, s.Handler(), args[0])
		},
	}
	cmd.Flags().SortFlags = false
	f.add(cmd.Flags())
	return cmd
}

// page asks a handler for a page, and follows where it leads.
func page(cmd *cobra.Command, handler http.Handler, address string) error {
	const most = 5 // redirections
	for range most {
		if u, err := url.Parse(address); err != nil || u.IsAbs() || !strings.HasPrefix(u.Path, "/") {
			return usage(address, errors.New("want an address of hpcheck serve, such as /?at=0.1"))
		}
		request, err := http.NewRequestWithContext(cmd.Context(), http.MethodGet, address, nil)
		if err != nil {
			return usage(address, err)
		}
		request.RequestURI = address
		a := answer{header: http.Header{}}
		handler.ServeHTTP(&a, request)
		if to := a.header.Get("Location"); to != "" {
			address = to
			continue
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), address)
		if err == nil {
			_, err = io.Copy(cmd.OutOrStdout(), &a.body)
		}
		return err
	}
	return errors.New("the explorer leads round in circles")
}

// answer keeps what a handler answers.
type answer struct {
	header http.Header
	body   bytes.Buffer
}

// Header implements [http.ResponseWriter].
func (a *answer) Header() http.Header { return a.header }

// Write implements [http.ResponseWriter].
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

// WriteHeader implements [http.ResponseWriter]. The page itself says what is wrong.
func (a *answer) WriteHeader(int) {}
