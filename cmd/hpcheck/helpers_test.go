package main

import (
	"reflect"

	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

// scenarioFlags are the flags that set the fields of a scenario.
func scenarioFlags() []string {
	var names []string
	for i := range reflect.TypeFor[model.Scenario]().NumField() {
		names = append(names, reports.KeyOf(reflect.TypeFor[model.Scenario]().Field(i).Name))
	}
	return names
}
