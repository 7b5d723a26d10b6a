// Evaluates expressions with the engine that Kubernetes 1.33 uses and prints what came out, for the goldens of
// src/formats/cel. Reads {"schema","self","plain","resource","crd"} from its standard input; see write-goldens.mjs.
package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strconv"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	crdcel "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	"k8s.io/apimachinery/pkg/util/version"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/library"
)

type input struct {
	Schema   json.RawMessage `json:"schema"`
	Self     json.RawMessage `json:"self"`
	OldSelf  json.RawMessage `json:"oldSelf"`
	X        json.RawMessage `json:"x"`
	Plain    []string        `json:"plain"`
	Resource []string        `json:"resource"`
}

type golden struct {
	Expression string `json:"expression"`
	Issues     string `json:"issues,omitempty"`
	PlanIssue  string `json:"planIssue,omitempty"`
	Type       string `json:"type,omitempty"`
	Result     any    `json:"result,omitempty"`
	Error      string `json:"error,omitempty"`
	Cost       string `json:"cost,omitempty"`
	Min        string `json:"min,omitempty"`
	Max        string `json:"max,omitempty"`
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// sizes answers how big a value at a path of self may be.
type sizes struct{ root *apiservercel.DeclType }

func (s *sizes) EstimateSize(node checker.AstNode) *checker.SizeEstimate {
	path := node.Path()
	if len(path) == 0 {
		return nil
	}
	at := s.root
	for _, step := range path[1:] {
		switch step {
		case "@items", "@values":
			at = at.ElemType
		case "@keys":
			at = at.KeyType
		default:
			field := at.Fields[step]
			if field == nil {
				return nil
			}
			at = field.Type
		}
		if at == nil {
			return nil
		}
	}
	return &checker.SizeEstimate{Min: 0, Max: uint64(at.MaxElements)}
}

func (s *sizes) EstimateCallCost(string, string, *checker.AstNode, []checker.AstNode) *checker.CallEstimate {
	return nil
}

func authorize(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
	name := ""
	if a.GetUser() != nil {
		name = a.GetUser().GetName()
	}
	if !a.IsResourceRequest() {
		if a.GetPath() == "/healthz" && a.GetVerb() == "get" {
			return authorizer.DecisionAllow, "healthz for " + name, nil
		}
		return authorizer.DecisionNoOpinion, "", fmt.Errorf("no rule for %s", a.GetPath())
	}
	what := a.GetVerb() + " " + a.GetAPIGroup() + "/" + a.GetResource() + "/" + a.GetSubresource() + " " + a.GetNamespace() + "/" + a.GetName()
	if a.GetResource() == "pods" && a.GetVerb() != "delete" {
		return authorizer.DecisionAllow, name + " may " + what, nil
	}
	return authorizer.DecisionDeny, name + " may not " + what, nil
}

func show(v ref.Val) any {
	switch t := v.(type) {
	case types.Bool:
		return bool(t)
	case types.String:
		return string(t)
	case types.Int:
		return map[string]any{"int": strconv.FormatInt(int64(t), 10)}
	case types.Uint:
		return map[string]any{"int": strconv.FormatUint(uint64(t), 10)}
	case types.Double:
		return map[string]any{"double": strconv.FormatFloat(float64(t), 'g', -1, 64)}
	case types.Bytes:
		return map[string]any{"bytes": hex.EncodeToString(t)}
	case types.Null:
		return map[string]any{"null": true}
	case types.Timestamp:
		return map[string]any{"timestamp": t.Format(time.RFC3339Nano)}
	case types.Duration:
		return map[string]any{"duration": strconv.FormatInt(int64(t.Duration), 10)}
	case *types.Optional:
		if !t.HasValue() {
			return map[string]any{"none": true}
		}
		return show(t.GetValue())
	case *types.Type:
		return map[string]any{"type": t.TypeName()}
	case traits.Mapper:
		pairs := [][2]any{}
		for it := t.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			if key == nil {
				continue
			}
			pairs = append(pairs, [2]any{show(key), show(t.Get(key))})
		}
		sort.Slice(pairs, func(i, j int) bool {
			a, _ := json.Marshal(pairs[i][0])
			b, _ := json.Marshal(pairs[j][0])
			return string(a) < string(b)
		})
		return map[string]any{"map": pairs}
	case traits.Lister:
		items := []any{}
		for i := types.Int(0); i < t.Size().(types.Int); i++ {
			items = append(items, show(t.Get(i)))
		}
		return items
	}
	return map[string]any{"library": v.Type().TypeName()}
}

// declared prints a declared type as src/formats/cel/contract.ts writes it.
func declared(t *apiservercel.DeclType, s *schema.Structural) map[string]any {
	if t.IsObject() {
		fields := map[string]any{}
		for name, field := range t.Fields {
			property, _ := apiservercel.Unescape(name)
			var inner *schema.Structural
			if s != nil {
				if p, ok := s.Properties[property]; ok {
					inner = &p
				}
			}
			fields[name] = map[string]any{"type": declared(field.Type, inner), "property": property}
		}
		return map[string]any{"kind": "object", "name": t.TypeName(), "fields": fields}
	}
	if t.IsMap() {
		var inner *schema.Structural
		if s != nil && s.AdditionalProperties != nil {
			inner = s.AdditionalProperties.Structural
		}
		return map[string]any{"kind": "map", "maxProperties": t.MaxElements, "key": declared(t.KeyType, nil), "value": declared(t.ElemType, inner)}
	}
	if t.IsList() {
		out := map[string]any{"kind": "list", "maxItems": t.MaxElements}
		var inner *schema.Structural
		if s != nil {
			inner = s.Items
			if lt := s.XListType; lt != nil && *lt != "atomic" {
				out["listType"] = *lt
				out["mapKeys"] = s.XListMapKeys
			}
		}
		out["items"] = declared(t.ElemType, inner)
		return out
	}
	kind := map[string]string{"google.protobuf.Timestamp": "timestamp", "google.protobuf.Duration": "duration", "null_type": "null"}[t.CelType().TypeName()]
	if kind == "" {
		kind = t.CelType().TypeName()
	}
	if kind == "string" {
		return map[string]any{"kind": kind, "maxLength": t.MaxElements}
	}
	out := map[string]any{"kind": kind, "maxSize": t.MaxElements}
	if kind == "dyn" && s != nil && s.XPreserveUnknownFields && !s.XIntOrString {
		out["preserved"] = true
	}
	return out
}

func run(env *cel.Env, estimator *library.CostEstimator, source string, vars map[string]any) (g golden) {
	g.Expression = source
	defer func() {
		// The engine itself falls over such an expression: nothing to be equal to.
		if recover() != nil {
			g = golden{}
		}
	}()
	ast, issues := env.Compile(source)
	if issues.Err() != nil {
		g.Issues = issues.String()
		return g
	}
	g.Type = ast.OutputType().String()
	program, err := env.Program(ast, cel.CostLimit(celconfig.PerCallLimit), cel.CostTracking(estimator))
	if err != nil {
		g.PlanIssue = err.Error()
		return g
	}
	cost, err := env.EstimateCost(ast, estimator)
	must(err)
	g.Min, g.Max = strconv.FormatUint(cost.Min, 10), strconv.FormatUint(cost.Max, 10)
	value, details, err := program.Eval(vars)
	if details != nil && details.ActualCost() != nil {
		g.Cost = strconv.FormatUint(*details.ActualCost(), 10)
	}
	if err != nil {
		g.Error = err.Error()
		return g
	}
	g.Result = show(value)
	return g
}

func main() {
	var in input
	must(json.NewDecoder(os.Stdin).Decode(&in))
	base := environment.MustBaseEnvSet(version.MajorMinor(1, 33), true)

	plainSet, err := base.Extend(environment.VersionedOptions{
		IntroducedVersion: version.MajorMinor(1, 0),
		EnvOptions: []cel.EnvOption{
			cel.Variable("x", cel.DynType),
			cel.Variable("i", cel.IntType),
			cel.Variable("u", cel.UintType),
			cel.Variable("d", cel.DoubleType),
			cel.Variable("s", cel.StringType),
			cel.Variable("b", cel.BoolType),
			cel.Variable("ints", cel.ListType(cel.IntType)),
			cel.Variable("strs", cel.ListType(cel.StringType)),
			cel.Variable("m", cel.MapType(cel.StringType, cel.IntType)),
			cel.Variable("opt", cel.OptionalType(cel.StringType)),
			cel.Variable("unset", cel.IntType),
			cel.Variable("authorizer", library.AuthorizerType),
		},
	})
	must(err)
	plainEnv := plainSet.NewExpressionsEnv()
	var x any
	must(utiljson.Unmarshal(in.X, &x))
	plainVars := map[string]any{
		"x": x, "i": int64(7), "u": uint64(7), "d": 2.5, "s": "héllo wörld", "b": true,
		"ints": []any{int64(3), int64(1), int64(2)}, "strs": []any{"b", "a", "ab"},
		"m":   map[string]any{"one": int64(1), "two": int64(2)},
		"opt": types.OptionalNone,
		"authorizer": library.NewAuthorizerVal(&user.DefaultInfo{Name: "jane"},
			authorizer.AuthorizerFunc(authorize)),
	}

	var props v1.JSONSchemaProps
	must(json.Unmarshal(in.Schema, &props))
	var internal apiextensions.JSONSchemaProps
	must(v1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(&props, &internal, nil))
	structural, err := schema.NewStructural(&internal)
	must(err)
	declType := model.SchemaDeclType(structural, true).MaybeAssignTypeName("selfType")
	crdSet, err := base.Extend(environment.VersionedOptions{
		IntroducedVersion: version.MajorMinor(1, 0),
		EnvOptions: []cel.EnvOption{
			cel.Variable("self", declType.CelType()),
			cel.Variable("oldSelf", types.NewOptionalType(declType.CelType())),
		},
		DeclTypes: []*apiservercel.DeclType{declType},
	})
	must(err)
	crdEnv := crdSet.NewExpressionsEnv()
	var self, oldSelf any
	must(utiljson.Unmarshal(in.Self, &self))
	must(utiljson.Unmarshal(in.OldSelf, &oldSelf))
	crdVars := map[string]any{
		"self":    crdcel.UnstructuredToVal(self, structural),
		"oldSelf": types.OptionalOf(crdcel.UnstructuredToVal(oldSelf, structural)),
	}

	plain, resource := []golden{}, []golden{}
	for _, source := range in.Plain {
		plain = append(plain, run(plainEnv, &library.CostEstimator{}, source, plainVars))
	}
	crdEstimator := &library.CostEstimator{SizeEstimator: &sizes{root: declType}}
	for _, source := range in.Resource {
		resource = append(resource, run(crdEnv, crdEstimator, source, crdVars))
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	must(encoder.Encode(map[string]any{"type": declared(declType, structural), "plain": plain, "resource": resource}))
}
