package serve

import (
	"net"
	"net/http"
	"strings"
)

// Local refuses requests for another host, if the server listens on loopback: a page of somebody else's could otherwise
// have its own name lead here, and read what is shown.
func Local(next http.Handler, addr net.Addr) http.Handler {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsLoopback() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if ip := net.ParseIP(strings.Trim(host, "[]")); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this is no name of this machine", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
