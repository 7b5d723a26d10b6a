// Calls Istio's own locality load balancing and validation on behalf of tests: a request is a line of JSON on standard input,
// its answer a line on standard output.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpoint "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	wrappers "google.golang.org/protobuf/types/known/wrapperspb"

	networking "istio.io/api/networking/v1alpha3"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/pkg/networking/core/loadbalancer"
	"istio.io/istio/pilot/pkg/networking/util"
	"istio.io/istio/pilot/pkg/serviceregistry/util/label"
	"istio.io/istio/pkg/cluster"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/labels"
	"istio.io/istio/pkg/config/validation"
	"istio.io/istio/pkg/log"
	"istio.io/istio/pkg/network"
)

type locality struct {
	Region  string `json:"region"`
	Zone    string `json:"zone"`
	SubZone string `json:"subZone"`
}

type member struct {
	ID      string            `json:"id"`
	Weight  uint32            `json:"weight"`
	Labels  map[string]string `json:"labels"`
	Cluster string            `json:"cluster"`
	Network string            `json:"network"`
	Node    string            `json:"node"`
}

type group struct {
	Locality locality `json:"locality"`
	Members  []member `json:"members"`
}

type request struct {
	// rank, validate
	Op string `json:"op"`
	// rank: the endpoints by locality, the proxy, and what is in force.
	Groups              []group         `json:"groups"`
	Locality            locality        `json:"locality"`
	Proxy               member          `json:"proxy"`
	Setting             json.RawMessage `json:"setting"`
	Outlier             bool            `json:"outlier"`
	TrafficDistribution string          `json:"trafficDistribution"`
	// validate
	Kind      string          `json:"kind"`
	Namespace string          `json:"namespace"`
	Name      string          `json:"name"`
	Spec      json.RawMessage `json:"spec"`
}

type ranked struct {
	Locality locality `json:"locality"`
	Priority uint32   `json:"priority"`
	Weight   uint32   `json:"weight"`
	Members  []string `json:"members"`
}

type answer struct {
	Groups  []ranked `json:"groups,omitempty"`
	Error   string   `json:"error,omitempty"`
	Warning string   `json:"warning,omitempty"`
	Unread  string   `json:"unread,omitempty"`
}

func main() {
	for _, scope := range log.Scopes() {
		scope.SetOutputLevel(log.NoneLevel)
	}
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var asked request
		result := answer{}
		if err := json.Unmarshal(line, &asked); err != nil {
			result.Unread = err.Error()
		} else if asked.Op == "rank" {
			result = rank(asked)
		} else {
			result = validate(asked)
		}
		if err := encoder.Encode(result); err != nil {
			return
		}
	}
}

func rank(asked request) answer {
	var rule *networking.LoadBalancerSettings
	if len(asked.Setting) > 0 && string(asked.Setting) != "null" {
		setting := &networking.LocalityLoadBalancerSetting{}
		if err := setting.UnmarshalJSON(asked.Setting); err != nil {
			return answer{Unread: err.Error()}
		}
		rule = &networking.LoadBalancerSettings{LocalityLbSetting: setting}
	}
	service := &model.Service{}
	switch asked.TrafficDistribution {
	case "PreferClose", "PreferSameZone":
		service.Attributes.TrafficDistribution = model.TrafficDistributionPreferSameZone
	case "PreferSameNode":
		service.Attributes.TrafficDistribution = model.TrafficDistributionPreferSameNode
	}
	mesh := &networking.LocalityLoadBalancerSetting{Enabled: wrappers.Bool(true)}
	effective := loadbalancer.GetEffectiveLbSetting(mesh, nil, rule, service)

	assignment := &endpoint.ClusterLoadAssignment{}
	wrapped := []*loadbalancer.WrappedLocalityLbEndpoints{}
	ids := map[*endpoint.LbEndpoint]string{}
	for _, each := range asked.Groups {
		lb := &endpoint.LocalityLbEndpoints{Locality: &core.Locality{
			Region: each.Locality.Region, Zone: each.Locality.Zone, SubZone: each.Locality.SubZone,
		}}
		own := &loadbalancer.WrappedLocalityLbEndpoints{LocalityLbEndpoints: lb}
		total := uint32(0)
		for _, one := range each.Members {
			made := &endpoint.LbEndpoint{LoadBalancingWeight: &wrappers.UInt32Value{Value: one.Weight}}
			ids[made] = one.ID
			total += one.Weight
			lb.LbEndpoints = append(lb.LbEndpoints, made)
			own.IstioEndpoints = append(own.IstioEndpoints, &model.IstioEndpoint{Labels: complete(one, each.Locality)})
		}
		lb.LoadBalancingWeight = &wrappers.UInt32Value{Value: total}
		assignment.Endpoints = append(assignment.Endpoints, lb)
		wrapped = append(wrapped, own)
	}
	if effective != nil {
		proxy := &core.Locality{Region: asked.Locality.Region, Zone: asked.Locality.Zone, SubZone: asked.Locality.SubZone}
		effective.ApplyToLoadAssignment(assignment, wrapped, proxy, complete(asked.Proxy, asked.Locality), asked.Outlier)
	}
	result := answer{Groups: []ranked{}}
	for _, each := range assignment.Endpoints {
		out := ranked{Priority: each.Priority, Weight: each.LoadBalancingWeight.GetValue(), Members: []string{}}
		out.Locality = locality{each.Locality.GetRegion(), each.Locality.GetZone(), each.Locality.GetSubZone()}
		for _, one := range each.LbEndpoints {
			out.Members = append(out.Members, ids[one])
		}
		result.Groups = append(result.Groups, out)
	}
	return result
}

func complete(of member, at locality) labels.Instance {
	place := util.LocalityToString(&core.Locality{Region: at.Region, Zone: at.Zone, SubZone: at.SubZone})
	return label.AugmentLabels(of.Labels, cluster.ID(of.Cluster), place, of.Node, network.ID(of.Network))
}

type spec interface{ UnmarshalJSON([]byte) error }

func validate(asked request) answer {
	var read spec
	var check func(config.Config) (validation.Warning, error)
	switch asked.Kind {
	case "DestinationRule":
		read, check = &networking.DestinationRule{}, validation.ValidateDestinationRule
	case "ServiceEntry":
		read, check = &networking.ServiceEntry{}, validation.ValidateServiceEntry
	case "WorkloadEntry":
		read, check = &networking.WorkloadEntry{}, validation.ValidateWorkloadEntry
	default:
		return answer{Unread: fmt.Sprintf("unknown kind %q", asked.Kind)}
	}
	if err := read.UnmarshalJSON(asked.Spec); err != nil {
		return answer{Unread: err.Error()}
	}
	warning, err := check(config.Config{Meta: config.Meta{Namespace: asked.Namespace, Name: asked.Name}, Spec: read})
	result := answer{}
	if warning != nil {
		result.Warning = warning.Error()
	}
	if err != nil {
		result.Error = err.Error()
	}
	return result
}
