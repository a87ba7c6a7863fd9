package interrupt

import "os"

// signals are those that are heeded: a browser sends none.
var signals []os.Signal

// ignorePipes does nothing: there are none.
func ignorePipes() {}
