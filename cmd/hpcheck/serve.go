package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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
		Use:   "serve",
		Short: "Explore the state space in a browser",
		Long: `serve shows the state space in a browser: the steps that each thread can take, the state, which
properties hold on the way. One takes a step, goes back, searches for a state, or has the checker look for a violation
and goes there. The address of a page is the state, and can be shared with whoever serves the same machine.

It listens on this machine only unless --listen says otherwise, loads no state space, and sends nothing anywhere.`,
		Example: `  hpcheck serve --kernel v4.6-rc3
  hpcheck serve --cpus 8 --ops 5 --listen localhost:8000`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.Flags(), cmd.OutOrStdout())
		},
	}
	cmd.Flags().SortFlags = false
	f.add(cmd.Flags())
	cmd.Flags().StringVar(&f.listen, "listen", "127.0.0.1:0", "listen on `ADDRESS`; port 0 takes a free one")
	completeKernels(cmd, "kernel", "revert")
	return cmd
}

func (f *serveFlags) run(ctx context.Context, fs *pflag.FlagSet, stdout io.Writer) error {
	m, err := f.machine(fs)
	if err != nil {
		return err
	}
	s, err := serve.New(m)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", f.listen)
	if err != nil {
		return usage("--listen", err)
	}
	fmt.Fprintf(stdout, "%s: %s\nhttp://%s/  (Ctrl-C ends it)\n", m.Kernel, m.Scenario, listener.Addr())
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
