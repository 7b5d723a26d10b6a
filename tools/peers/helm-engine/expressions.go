package main

import (
	"encoding/json"
	"fmt"
	"os"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
)

// What one template makes of one text of values.
type question struct {
	Template string
	Values   string
}

type answer struct {
	Output *string `json:"output,omitempty"`
	Error  string  `json:"error,omitempty"`
}

// Reads questions from standard input, one JSON object after the other, and prints a line of JSON for each.
func answerQuestions() {
	questions := json.NewDecoder(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for {
		var next question
		if err := questions.Decode(&next); err != nil {
			return
		}
		output, err := renderTemplate(next)
		if err != nil {
			_ = answers.Encode(answer{Error: err.Error()})
			continue
		}
		_ = answers.Encode(answer{Output: &output})
	}
}

func renderTemplate(asked question) (output string, err error) {
	defer func() {
		if crash := recover(); crash != nil {
			err = fmt.Errorf("panic: %v", crash)
		}
	}()
	values, err := chartutil.ReadValues([]byte(asked.Values))
	if err != nil {
		return "", err
	}
	c := &chart.Chart{
		Metadata:  &chart.Metadata{Name: "c", Version: "1.0.0", APIVersion: "v2"},
		Templates: []*chart.File{{Name: "templates/t", Data: []byte(asked.Template)}},
		Values:    values,
	}
	release := chartutil.ReleaseOptions{Name: "rel", Namespace: "default", Revision: 1, IsInstall: true}
	capabilities := chartutil.DefaultCapabilities.Copy()
	// As Helm's Makefile sets it.
	capabilities.KubeVersion = chartutil.KubeVersion{Version: "v1.37.0", Major: "1", Minor: "37"}
	scope, err := chartutil.ToRenderValues(c, map[string]interface{}{}, release, capabilities)
	if err != nil {
		return "", err
	}
	rendered, err := engine.Engine{}.Render(c, scope)
	return rendered["c/templates/t"], err
}
