package main

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// elect has two candidates for one Lease: the second leads when the first lets go, and nobody leads twice.
func elect(ctx context.Context, config *rest.Config) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	leads := make(chan string, 10)
	candidate := func(name string) context.CancelFunc {
		own, stop := context.WithCancel(ctx)
		go leaderelection.RunOrDie(own, leaderelection.LeaderElectionConfig{
			Lock: &resourcelock.LeaseLock{
				LeaseMeta:  metav1.ObjectMeta{Namespace: namespace, Name: "election"},
				Client:     client.CoordinationV1(),
				LockConfig: resourcelock.ResourceLockConfig{Identity: name},
			},
			LeaseDuration:   6 * time.Second,
			RenewDeadline:   4 * time.Second,
			RetryPeriod:     500 * time.Millisecond,
			ReleaseOnCancel: true,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(context.Context) { leads <- name },
				OnStoppedLeading: func() {},
			},
		})
		return stop
	}
	next := func() (string, error) {
		select {
		case name := <-leads:
			return name, nil
		case <-time.After(20 * time.Second):
			return "", fmt.Errorf("nobody leads")
		}
	}
	stopFirst := candidate("first")
	if name, err := next(); err != nil || name != "first" {
		return fmt.Errorf("first does not lead: %v %w", name, err)
	}
	stopSecond := candidate("second")
	defer stopSecond()
	time.Sleep(2 * time.Second)
	if len(leads) > 0 {
		return fmt.Errorf("two lead")
	}
	stopFirst()
	if name, err := next(); err != nil || name != "second" {
		return fmt.Errorf("second does not follow: %v %w", name, err)
	}
	lease, err := client.CoordinationV1().Leases(namespace).Get(ctx, "election", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if *lease.Spec.HolderIdentity != "second" || *lease.Spec.LeaseTransitions < 1 {
		return fmt.Errorf("the lease says %v", lease.Spec)
	}
	fmt.Println("ok election")
	return nil
}
