// Package main holds the Go clients that the tests drive: `clients PROGRAM`, on the cluster of $KUBECONFIG. Each prints a line
// for each thing it saw and ends with exit code 1 at the first that is not as it should be.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const namespace = "clients"

var programs = map[string]func(context.Context, *rest.Config) error{
	"informer": watchTyped,
	"dynamic":  watchDynamic,
	"metadata": watchMetadata,
	"leader":   elect,
	"typed":    callTyped,
	"manager":  manage,
}

func main() {
	program, known := programs[os.Args[1]]
	if !known {
		fmt.Fprintln(os.Stderr, "no such program:", os.Args[1])
		os.Exit(2)
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		err = program(ctx, config)
	}
	if err != nil {
		fmt.Println("failed", err)
		os.Exit(1)
	}
}
