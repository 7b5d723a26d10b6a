// Calls KubeFed's own replica planner on behalf of tests: a request is a line of JSON on standard input, its answer a line on
// standard output.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	scheduling "sigs.k8s.io/kubefed/pkg/apis/scheduling/v1alpha1"
	"sigs.k8s.io/kubefed/pkg/controller/util/planner"
)

type request struct {
	Clusters      map[string]scheduling.ClusterPreferences `json:"clusters"`
	TotalReplicas int32                                    `json:"totalReplicas"`
	Rebalance     bool                                     `json:"rebalance"`
	Available     []string                                 `json:"available"`
	Current       map[string]int64                         `json:"current"`
	Capacity      map[string]int64                         `json:"capacity"`
	Key           string                                   `json:"key"`
}

type answer struct {
	Plan     map[string]int64 `json:"plan"`
	Overflow map[string]int64 `json:"overflow"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<26)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var asked request
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		preference := &scheduling.ReplicaSchedulingPreference{Spec: scheduling.ReplicaSchedulingPreferenceSpec{
			Clusters: asked.Clusters, TotalReplicas: asked.TotalReplicas, Rebalance: asked.Rebalance,
		}}
		plan, overflow, err := planner.NewPlanner(preference).Plan(asked.Available, asked.Current, asked.Capacity, asked.Key)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		_ = out.Encode(answer{plan, overflow})
	}
}
