// Renders one chart again and again in one process with Helm's own packages, and prints how long that takes:
//
//	helm-engine CHART RUNS
//
// The chart's files are read once; each run does what `helm template rel CHART` does with them: load, values, templates,
// order of objects, text. Prints one line of JSON with the median, then the text of the last run.
//
//	helm-engine expressions
//
// Answers questions about single templates: expressions.go.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "expressions" {
		answerQuestions()
		return
	}
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: helm-engine CHART RUNS, or helm-engine expressions"))
	}
	files, err := readFiles(os.Args[1])
	if err != nil {
		fail(err)
	}
	runs, err := strconv.Atoi(os.Args[2])
	if err != nil || runs < 1 {
		fail(fmt.Errorf("RUNS is a positive number"))
	}
	var text string
	times := make([]float64, 0, runs)
	for range runs {
		from := time.Now()
		if text, err = render(files); err != nil {
			fail(err)
		}
		times = append(times, float64(time.Since(from).Nanoseconds())/1e6)
	}
	sort.Float64s(times)
	line, _ := json.Marshal(map[string]float64{"medianMs": times[len(times)/2], "firstMs": times[0]})
	fmt.Println(string(line))
	fmt.Print(text)
}

func readFiles(root string) ([]*loader.BufferedFile, error) {
	var files []*loader.BufferedFile
	err := filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		files = append(files, &loader.BufferedFile{Name: filepath.ToSlash(name), Data: data})
		return err
	})
	return files, err
}

func render(files []*loader.BufferedFile) (string, error) {
	chart, err := loader.LoadFiles(files)
	if err != nil {
		return "", err
	}
	given := map[string]interface{}{}
	if err := chartutil.ProcessDependenciesWithMerge(chart, given); err != nil {
		return "", err
	}
	release := chartutil.ReleaseOptions{Name: "rel", Namespace: "default", Revision: 1, IsInstall: true}
	values, err := chartutil.ToRenderValues(chart, given, release, chartutil.DefaultCapabilities.Copy())
	if err != nil {
		return "", err
	}
	rendered, err := engine.Engine{}.Render(chart, values)
	if err != nil {
		return "", err
	}
	for name := range rendered {
		if strings.HasSuffix(name, "NOTES.txt") {
			delete(rendered, name)
		}
	}
	hooks, manifests, err := releaseutil.SortManifests(rendered, nil, releaseutil.InstallOrder)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, each := range manifests {
		fmt.Fprintf(&out, "---\n# Source: %s\n%s\n", each.Name, each.Content)
	}
	text := strings.TrimSpace(out.String()) + "\n"
	for _, hook := range hooks {
		text += fmt.Sprintf("---\n# Source: %s\n%s\n", hook.Path, hook.Manifest)
	}
	return text, nil
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
