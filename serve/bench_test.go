package serve

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/stepper"
)

// BenchmarkStep answers steps along random paths, 400 deep, through a state space of 17.5 million states: three CPUs
// and two tasks.
func BenchmarkStep(b *testing.B) {
	k, err := model.Lookup("v4.6")
	require.NoError(b, err)
	sc := model.Default()
	sc.CPUs, sc.Tasks = 3, 2
	m, err := model.New(k, sc)
	require.NoError(b, err)
	s, err := New(m, nil)
	require.NoError(b, err)
	h := s.Handler()
	st := stepper.New(s.suite)
	rng := rand.New(rand.NewPCG(1, 2))
	var took []time.Duration
	path := stepper.Path(nil)
	for b.Loop() {
		v, err := st.At(path)
		require.NoError(b, err)
		if len(v.Choices) == 0 || len(path) == 400 {
			path = nil
			continue
		}
		path = v.Choices[rng.IntN(len(v.Choices))].Path
		start := time.Now()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, link(path), nil))
		took = append(took, time.Since(start))
		require.Equal(b, http.StatusOK, w.Code, fmt.Sprint(path))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/median")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms/99%")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "ms/worst")
}
