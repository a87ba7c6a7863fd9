package model

// What is lowered of kernel/stop_machine.c.

// StopEnabled is stopper->enabled.
func (b *Builder) StopEnabled() LValue {
	p := flagField(objStopEnabled, func(c *CPU) *bool { return &c.StopEnabled })
	p.name = "stopper->enabled"
	return p
}

// NoWorks is list_empty(&stopper->works).
func (b *Builder) NoWorks() Value {
	return flagOf(objStopWork, func(x *Exec) bool { return x.st().Works[0] == NoWork })
}
