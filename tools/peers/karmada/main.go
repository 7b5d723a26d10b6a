// Calls Karmada's own scheduling and override code on behalf of tests: a request is a line of JSON on standard input, its
// answer a line on standard output.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/record"
	"sigs.k8s.io/controller-runtime/pkg/client"

	cluster "github.com/karmada-io/karmada/pkg/apis/cluster/v1alpha1"
	policy "github.com/karmada-io/karmada/pkg/apis/policy/v1alpha1"
	work "github.com/karmada-io/karmada/pkg/apis/work/v1alpha2"
	"github.com/karmada-io/karmada/pkg/scheduler/core"
	"github.com/karmada-io/karmada/pkg/scheduler/core/spreadconstraint"
	"github.com/karmada-io/karmada/pkg/scheduler/framework"
	"github.com/karmada-io/karmada/pkg/util"
	"github.com/karmada-io/karmada/pkg/util/overridemanager"
)

type candidate struct {
	Name     string            `json:"name"`
	Labels   map[string]string `json:"labels"`
	Region   string            `json:"region"`
	Zones    []string          `json:"zones"`
	Provider string            `json:"provider"`
	Score    int64             `json:"score"`
	Free     int32             `json:"free"`
}

type request struct {
	// assign, select, override, matches, priority, interpret, script
	Op        string               `json:"op"`
	Clusters  []candidate          `json:"clusters"`
	Placement *policy.Placement    `json:"placement"`
	Replicas  int32                `json:"replicas"`
	Previous  []work.TargetCluster `json:"previous"`
	UID       string               `json:"uid"`
	Fresh     bool                 `json:"fresh"`
	// override: every policy names its scope by having a namespace or none.
	Object    map[string]interface{}    `json:"object"`
	Policies  []policy.OverridePolicy   `json:"policies"`
	Affinity  *policy.ClusterAffinity   `json:"affinity"`
	Selectors []policy.ResourceSelector `json:"selectors"`
	// interpret and script
	Items    []work.AggregatedStatusItem `json:"items"`
	Script   string                      `json:"script"`
	Function string                      `json:"function"`
	Observed map[string]interface{}      `json:"observed"`
}

type answer struct {
	Clusters []work.TargetCluster   `json:"clusters,omitempty"`
	Names    []string               `json:"names,omitempty"`
	Object   map[string]interface{} `json:"object,omitempty"`
	Matches  bool                   `json:"matches,omitempty"`
	Priority int                    `json:"priority,omitempty"`
	Error    string                 `json:"error,omitempty"`
	Read     *interpretation        `json:"read,omitempty"`
	Value    any                    `json:"value,omitempty"`
}

func (c candidate) object() *cluster.Cluster {
	return &cluster.Cluster{
		ObjectMeta: metav1.ObjectMeta{Name: c.Name, Labels: c.Labels},
		Spec:       cluster.ClusterSpec{Region: c.Region, Zones: c.Zones, Provider: c.Provider},
	}
}

// store answers the two questions that the override manager asks.
type store struct {
	client.Client
	cluster  *cluster.Cluster
	policies []policy.OverridePolicy
}

func (s store) Get(_ context.Context, _ client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	s.cluster.DeepCopyInto(into.(*cluster.Cluster))
	return nil
}

func (s store) List(_ context.Context, into client.ObjectList, options ...client.ListOption) error {
	asked := client.ListOptions{}
	asked.ApplyOptions(options)
	for _, each := range s.policies {
		switch list := into.(type) {
		case *policy.ClusterOverridePolicyList:
			if each.Namespace == "" {
				list.Items = append(list.Items, policy.ClusterOverridePolicy{ObjectMeta: each.ObjectMeta, Spec: each.Spec})
			}
		case *policy.OverridePolicyList:
			if each.Namespace != "" && each.Namespace == asked.Namespace {
				list.Items = append(list.Items, each)
			}
		}
	}
	return nil
}

func (r request) spec() *work.ResourceBindingSpec {
	return &work.ResourceBindingSpec{
		Resource:  work.ObjectReference{UID: types.UID(r.UID)},
		Replicas:  r.Replicas,
		Clusters:  r.Previous,
		Placement: r.Placement,
	}
}

func (r request) answer() (result answer) {
	switch r.Op {
	case "assign":
		spec := r.spec()
		status := &work.ResourceBindingStatus{}
		if r.Fresh {
			status.LastScheduledTime = &metav1.Time{Time: time.Unix(1000, 0)}
			spec.RescheduleTriggeredAt = &metav1.Time{Time: time.Unix(2000, 0)}
		}
		var details []spreadconstraint.ClusterDetailInfo
		for _, each := range r.Clusters {
			details = append(details, spreadconstraint.ClusterDetailInfo{
				Name: each.Name, Score: each.Score, Cluster: each.object(), AllocatableReplicas: each.Free, AvailableReplicas: int64(each.Free),
			})
		}
		assigned, err := core.AssignReplicas(details, spec, status)
		result.Clusters = assigned
		if err != nil {
			result.Error = err.Error()
		}
	case "select":
		defer func() {
			if problem := recover(); problem != nil {
				result.Error = fmt.Sprintf("panic: %v", problem)
			}
		}()
		var scores framework.ClusterScoreList
		free := map[string]int32{}
		for _, each := range r.Clusters {
			scores = append(scores, framework.ClusterScore{Cluster: each.object(), Score: each.Score})
			free[each.Name] = each.Free
		}
		groups := spreadconstraint.GroupClustersWithScore(scores, r.Placement, r.spec(),
			func(clusters []*cluster.Cluster, _ *work.ResourceBindingSpec) []work.TargetCluster {
				var available []work.TargetCluster
				for _, each := range clusters {
					available = append(available, work.TargetCluster{Name: each.Name, Replicas: free[each.Name]})
				}
				return available
			})
		selected, err := spreadconstraint.SelectBestClusters(r.Placement, groups, r.Replicas)
		for _, each := range selected {
			result.Names = append(result.Names, each.Name)
		}
		if err != nil {
			result.Error = err.Error()
		}
	case "override":
		object := &unstructured.Unstructured{Object: r.Object}
		manager := overridemanager.New(store{cluster: r.Clusters[0].object(), policies: r.Policies}, record.NewFakeRecorder(1000))
		if _, _, err := manager.ApplyOverridePolicies(object, r.Clusters[0].Name); err != nil {
			result.Error = err.Error()
			return result
		}
		result.Object = object.Object
	case "matches":
		result.Matches = util.ClusterMatches(r.Clusters[0].object(), *r.Affinity)
	case "priority":
		object := &unstructured.Unstructured{Object: r.Object}
		result.Priority = int(util.ResourceMatchSelectorsPriority(object, r.Selectors...))
	case "interpret":
		result.Read = r.interpret()
	case "script":
		value, err := r.run()
		result.Value = value
		if err != nil {
			result.Error = err.Error()
		}
	default:
		result.Error = "unknown op " + r.Op
	}
	return result
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
		_ = out.Encode(asked.answer())
	}
}
