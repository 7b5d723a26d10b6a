package main

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	config "github.com/karmada-io/karmada/pkg/apis/config/v1alpha1"
	work "github.com/karmada-io/karmada/pkg/apis/work/v1alpha2"
	"github.com/karmada-io/karmada/pkg/resourceinterpreter/customized/declarative/luavm"
	"github.com/karmada-io/karmada/pkg/resourceinterpreter/default/native"
	"github.com/karmada-io/karmada/pkg/resourceinterpreter/default/native/prune"
)

// interpretation is what an interpreter says of one object; what it has no word for is left out.
type interpretation struct {
	Healthy      *bool                             `json:"healthy,omitempty"`
	Replicas     *int32                            `json:"replicas,omitempty"`
	Requirements *work.ReplicaRequirements         `json:"requirements,omitempty"`
	Dependencies []config.DependentObjectReference `json:"dependencies,omitempty"`
	Reflected    json.RawMessage                   `json:"reflected,omitempty"`
	Aggregated   any                               `json:"aggregated,omitempty"`
	Pruned       map[string]any                    `json:"pruned,omitempty"`
	Errors       map[string]string                 `json:"errors,omitempty"`
}

func (r request) interpret() *interpretation {
	object := func() *unstructured.Unstructured { return objectOf(r.Object) }
	kind := object().GroupVersionKind()
	result := &interpretation{Errors: map[string]string{}}
	failed := func(what string, err error) bool {
		if err != nil {
			result.Errors[what] = err.Error()
		}
		return err != nil
	}
	own := native.NewDefaultInterpreter()
	if own.HookEnabled(kind, config.InterpreterOperationInterpretHealth) {
		if healthy, err := own.InterpretHealth(object()); !failed("health", err) {
			result.Healthy = &healthy
		}
	}
	if own.HookEnabled(kind, config.InterpreterOperationInterpretReplica) {
		replicas, requirements, err := own.GetReplicas(object())
		if !failed("replicas", err) {
			result.Replicas, result.Requirements = &replicas, requirements
		}
	}
	if own.HookEnabled(kind, config.InterpreterOperationInterpretDependency) {
		list, err := own.GetDependencies(object())
		if !failed("dependencies", err) {
			result.Dependencies = list
		}
	}
	if status, err := own.ReflectStatus(object()); !failed("reflect", err) && status != nil {
		result.Reflected = status.Raw
	}
	if own.HookEnabled(kind, config.InterpreterOperationAggregateStatus) {
		if after, err := own.AggregateStatus(object(), r.Items); !failed("aggregate", err) {
			result.Aggregated = after.Object["status"]
		}
	}
	pruned := object()
	if !failed("prune", prune.RemoveIrrelevantFields(pruned, prune.RemoveJobTTLSeconds)) {
		result.Pruned = pruned.Object
	}
	return result
}

// objectOf reads whole numbers as such.
func objectOf(fields map[string]any) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: map[string]any{}}
	if text, err := json.Marshal(fields); err == nil && fields != nil {
		_ = object.UnmarshalJSON(text)
	}
	return object
}

// run calls a function of a Lua script the way a customization's is called.
func (r request) run() (any, error) {
	// A machine of its own: scripts leave globals behind.
	machine := luavm.New(false, 1)
	object, observed := objectOf(r.Object), objectOf(r.Observed)
	switch r.Function {
	case "InterpretHealth":
		return machine.InterpretHealth(object, r.Script)
	case "GetReplicas":
		replicas, requirements, err := machine.GetReplicas(object, r.Script)
		return map[string]any{"replicas": replicas, "requirements": requirements}, err
	case "GetComponents":
		return machine.GetComponents(object, r.Script)
	case "GetDependencies":
		return machine.GetDependencies(object, r.Script)
	case "ReflectStatus":
		return machine.ReflectStatus(object, r.Script)
	case "ReviseReplica":
		return machine.ReviseReplica(object, int64(r.Replicas), r.Script)
	case "AggregateStatus":
		return machine.AggregateStatus(object, r.Items, r.Script)
	case "Retain":
		return machine.Retain(object, observed, r.Script)
	}
	return nil, fmt.Errorf("unknown function %s", r.Function)
}
