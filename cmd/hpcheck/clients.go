package main

import (
	"errors"
	"fmt"

	"github.com/hpcheck/hpcheck/clients"
	"github.com/hpcheck/hpcheck/internal/positioned"
	"github.com/hpcheck/hpcheck/model"
)

// readClients reads the clients that the flags name.
func (f *machineFlags) readClients(cpus int) ([]model.Client, error) {
	var all []model.Client
	for _, file := range f.clients {
		c, err := f.readClient(file)
		var mistake *positioned.Error
		switch {
		case errors.As(err, &mistake):
			return nil, &exitError{exitUsage, err} // it says where
		case err != nil:
			return nil, usage("--client", err)
		}
		for _, o := range all {
			if o.Name == c.Name {
				return nil, usage("--client", fmt.Errorf("%s and %s are both %s", o.File, file, c.Name))
			}
		}
		if cpu := mostCPU(&c); cpu >= cpus {
			return nil, usage("--client", fmt.Errorf("%s: it names CPU %d, and there are %d", file, cpu, cpus))
		}
		all = append(all, c)
	}
	return all, nil
}

func (f *machineFlags) readClient(file string) (model.Client, error) {
	if f.read == nil {
		return clients.Read(file)
	}
	data, err := f.read(file)
	if err != nil {
		return model.Client{}, err
	}
	return clients.Parse(file, data)
}

// mostCPU is the highest CPU that a client names; -1 if it names none.
func mostCPU(c *model.Client) int {
	most := -1
	var look func([]model.ClientStep)
	look = func(steps []model.ClientStep) {
		for i := range steps {
			most = max(most, steps[i].CPU-1)
			for _, body := range steps[i].Bodies {
				look(body)
			}
		}
	}
	for i := range c.States {
		look(c.States[i].Up)
		look(c.States[i].Down)
	}
	for i := range c.Works {
		look(c.Works[i].Steps)
	}
	for i := range c.Tasks {
		look(c.Tasks[i].Steps)
	}
	return most
}
