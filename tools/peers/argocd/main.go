// The command line of Argo CD, without the servers that its own main holds besides.
package main

import (
	"os"

	"github.com/argoproj/argo-cd/v3/cmd/argocd/commands"
)

func main() {
	if err := commands.NewCommand().Execute(); err != nil {
		os.Exit(1)
	}
}
