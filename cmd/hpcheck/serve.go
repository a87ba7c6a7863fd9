package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
	"github.com/hpcheck/hpcheck/serve"
)

// serveFlags are those of hpcheck serve.
type serveFlags struct {
	machineFlags
	listen string
}

func newServeCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve [FILE]",
		Short: "Explore the state space in a browser",
		Long: `serve shows the state space in a browser: the steps that each thread can take, the state, which
properties hold on the way. One takes a step, goes back, searches for a state, or has the checker look for a violation
and goes there. The address of a page is the state, and can be shared with whoever serves the same machine.

FILE is a counterexample, or a whole run, as --out and --json write it: the explorer begins where it ends, on its
kernel and in its scenario, and goes back and forth on its way. A FILE.toml is a scenario, as for hpcheck check.

It listens on this machine only unless --listen says otherwise, loads no state space, and sends nothing anywhere.`,
		Example: `  hpcheck serve --kernel v4.6-rc3
  hpcheck serve --cpus 8 --ops 5 --listen localhost:8000
  hpcheck serve cex/no-deadlock.json
  hpcheck serve scenario.toml`,
		Args: atMostOne("file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, shown, err := f.server(cmd.Flags(), args, cmd.InOrStdin())
			if err != nil {
				return err
			}
			return f.run(cmd.Context(), s, shown, cmd.OutOrStdout())
		},
	}
	cmd.Flags().SortFlags = false
	f.add(cmd.Flags())
	cmd.Flags().StringVar(&f.listen, "listen", "127.0.0.1:0", "listen on `ADDRESS`; port 0 takes a free one")
	complete(cmd, &f.scenario)
	return cmd
}

// server makes the server of the flags' machine, or of that of a file; shown is where to
// begin, each with the property that is violated there.
func (f *serveFlags) server(fs *pflag.FlagSet, args []string, stdin io.Reader) (*serve.Server, []string, error) {
	if len(args) == 0 {
		m, err := f.machine(fs)
		if err != nil {
			return nil, nil, err
		}
		s, err := serve.New(m, &reports.Request{Line: line})
		return s, []string{"/"}, err
	}
	file := args[0]
	var other error
	fs.Visit(func(flag *pflag.Flag) {
		if flag.Name != "listen" && other == nil {
			other = usage("--"+flag.Name, fmt.Errorf("is of no use with %s, which names kernel and scenario", file))
		}
	})
	if other != nil {
		return nil, nil, other
	}
	if strings.HasSuffix(file, ".toml") {
		m, err := machineOfScenario(file)
		if err != nil {
			return nil, nil, err
		}
		s, err := serve.New(m, &reports.Request{Line: line})
		return s, []string{"/"}, err
	}
	saved, err := readSaved(file, stdin)
	if err != nil {
		return nil, nil, usage(file, err)
	}
	if len(saved) == 0 {
		return nil, nil, usage(file, errors.New("there is no counterexample in it"))
	}
	m, err := saved[0].Machine("", nil)
	if err != nil {
		return nil, nil, usage(file, err)
	}
	s, err := serve.New(m, &reports.Request{Line: line})
	if err != nil {
		return nil, nil, err
	}
	var shown []string
	for i := range saved { // of a run, which are all of one machine
		address, err := s.Show(saved[i].Property, saved[i].Trace)
		if err != nil {
			return nil, nil, usage(file, fmt.Errorf("%s: %w", saved[i].Property, err))
		}
		shown = append(shown, address+"  "+saved[i].Property)
	}
	return s, shown, nil
}

// machineOfScenario is the machine of a scenario file.
func machineOfScenario(file string) (*model.Machine, error) {
	var c checkFlags
	fs := pflag.NewFlagSet(file, pflag.ContinueOnError)
	c.add(fs)
	if err := c.readScenario(fs, file); err != nil {
		return nil, err
	}
	m, err := c.machine(fs)
	if err != nil {
		return nil, &exitError{exitUsage, c.file.placed(err)}
	}
	return m, nil
}

func (f *serveFlags) run(ctx context.Context, s *serve.Server, shown []string, stdout io.Writer) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", f.listen)
	if err != nil {
		return usage("--listen", err)
	}
	fmt.Fprintln(stdout, s)
	for _, address := range shown {
		fmt.Fprintf(stdout, "http://%s%s  (Ctrl-C ends it)\n", listener.Addr(), address)
	}
	server := &http.Server{Handler: serve.Local(s.Handler(), listener.Addr()), ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() {
		late, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = server.Shutdown(late) // what does not end in time is cut off
		_ = server.Close()
	})
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
