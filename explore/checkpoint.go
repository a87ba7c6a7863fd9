package explore

func (e *engine) save(bool) error { return nil }
