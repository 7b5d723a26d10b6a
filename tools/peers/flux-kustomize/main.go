// Calls the libraries of Flux and of kustomize on behalf of tests and benches: a request is a line of JSON on standard input,
// its answer a line on standard output.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/fluxcd/pkg/envsubst"
	"github.com/fluxcd/pkg/kustomize"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

type request struct {
	// envsubst, flux, bench
	Op string `json:"op"`
	// envsubst
	Text      string            `json:"text"`
	Variables map[string]string `json:"variables"`
	Strict    bool              `json:"strict"`
	// flux: a directory below a root, and the object Kustomization. bench: a directory.
	Root          string                 `json:"root"`
	Path          string                 `json:"path"`
	Kustomization map[string]interface{} `json:"kustomization"`
	Seconds       float64                `json:"seconds"`
}

type answer struct {
	Output  string  `json:"output,omitempty"`
	Error   string  `json:"error,omitempty"`
	Builds  int     `json:"builds,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
}

func main() {
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
			result.Error = err.Error()
		} else if result, err = serve(asked); err != nil {
			result = answer{Error: err.Error()}
		}
		if err := encoder.Encode(result); err != nil {
			return
		}
	}
}

func serve(asked request) (result answer, err error) {
	defer func() {
		if failure := recover(); failure != nil {
			err = fmt.Errorf("panic: %v", failure)
		}
	}()
	switch asked.Op {
	case "envsubst":
		result.Output, err = envsubst.Eval(asked.Text, func(name string) (string, bool) {
			value, found := asked.Variables[name]
			return value, found || !asked.Strict
		})
	case "flux":
		result.Output, err = build(asked)
	case "bench":
		result, err = bench(asked)
	default:
		err = fmt.Errorf("unknown op %q", asked.Op)
	}
	return result, err
}

// What kustomize-controller does with a source between fetching and applying it.
func build(asked request) (string, error) {
	object := unstructured.Unstructured{Object: asked.Kustomization}
	action, err := kustomize.NewGenerator(asked.Root, object).WriteFile(asked.Path, kustomize.WithSaveOriginalKustomization())
	if err != nil {
		return "", err
	}
	defer kustomize.CleanDirectory(asked.Path, action)
	resources, err := kustomize.SecureBuild(asked.Root, asked.Path, false)
	if err != nil {
		return "", err
	}
	if _, found, _ := unstructured.NestedMap(object.Object, "spec", "postBuild"); found {
		for _, each := range resources.Resources() {
			changed, err := kustomize.SubstituteVariables(context.Background(), nil, object, each,
				kustomize.SubstituteWithDryRun(true), kustomize.SubstituteWithStrict(asked.Strict))
			if err != nil {
				return "", err
			}
			if changed != nil {
				if _, err := resources.Replace(changed); err != nil {
					return "", err
				}
			}
		}
	}
	text, err := resources.AsYaml()
	return string(text), err
}

// Builds one directory again and again, as `kustomize build` does it but without starting a process.
func bench(asked request) (answer, error) {
	once := func() (string, error) {
		options := krusty.MakeDefaultOptions()
		options.Reorder = krusty.ReorderOptionLegacy
		resources, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), asked.Path)
		if err != nil {
			return "", err
		}
		text, err := resources.AsYaml()
		return string(text), err
	}
	output, err := once()
	if err != nil {
		return answer{}, err
	}
	for start := time.Now(); time.Since(start).Seconds() < asked.Seconds/2; {
		if _, err := once(); err != nil {
			return answer{}, err
		}
	}
	builds := 0
	start := time.Now()
	for time.Since(start).Seconds() < asked.Seconds {
		if _, err := once(); err != nil {
			return answer{}, err
		}
		builds++
	}
	return answer{Output: output, Builds: builds, Seconds: time.Since(start).Seconds()}, nil
}
