package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// watchTyped prints what happens to ConfigMaps; the content type is Protobuf, as typed clients have it by default.
func watchTyped(ctx context.Context, config *rest.Config) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(namespace))
	informer := factory.Core().V1().ConfigMaps()
	return report(ctx, informer.Informer(), func(object any) string {
		return object.(*corev1.ConfigMap).Data["value"]
	})
}

func watchDynamic(ctx context.Context, config *rest.Config) error {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(client, 0, namespace, nil)
	return report(ctx, factory.ForResource(configMaps).Informer(), resourceKind)
}

func watchMetadata(ctx context.Context, config *rest.Config) error {
	client, err := metadata.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := metadatainformer.NewFilteredSharedInformerFactory(client, 0, namespace, nil)
	return report(ctx, factory.ForResource(configMaps).Informer(), resourceKind)
}

var configMaps = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}

func resourceKind(object any) string {
	accessor, err := meta.TypeAccessor(object)
	if err != nil {
		return err.Error()
	}
	return accessor.GetKind()
}

func report(ctx context.Context, informer cache.SharedIndexInformer, detail func(any) string) error {
	line := func(event string, object any) {
		if gone, isGone := object.(cache.DeletedFinalStateUnknown); isGone {
			object = gone.Obj
		}
		accessor, err := meta.Accessor(object)
		if err != nil {
			fmt.Println("failed", err)
			return
		}
		if accessor.GetName() != "kube-root-ca.crt" {
			fmt.Println(event, accessor.GetName(), detail(object))
		}
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(object any) { line("add", object) },
		UpdateFunc: func(old, object any) {
			before, _ := meta.Accessor(old)
			after, _ := meta.Accessor(object)
			if before.GetResourceVersion() != after.GetResourceVersion() {
				line("update", object)
			}
		},
		DeleteFunc: func(object any) { line("delete", object) },
	})
	if err != nil {
		return err
	}
	go informer.Run(ctx.Done())
	synced, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	if !cache.WaitForCacheSync(synced.Done(), informer.HasSynced) {
		return fmt.Errorf("the cache did not sync")
	}
	fmt.Println("synced")
	<-ctx.Done()
	return nil
}
