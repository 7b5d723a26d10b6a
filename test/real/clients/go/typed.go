package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/wait"
	appsapply "k8s.io/client-go/applyconfigurations/apps/v1"
	coreapply "k8s.io/client-go/applyconfigurations/core/v1"
	metaapply "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/retry"
)

type step struct {
	name string
	run  func(context.Context, kubernetes.Interface) error
}

// callTyped goes through what controllers do with a typed clientset: bodies are Protobuf in both directions where the server can.
func callTyped(ctx context.Context, config *rest.Config) error {
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	for _, each := range []step{
		{"create", createDeployment},
		{"strategic-merge-patch", patchStrategic},
		{"json-patch", patchJSON},
		{"apply", applyTyped},
		{"apply-status", applyStatus},
		{"scale", scaleDeployment},
		{"update-conflict", updateOnConflict},
		{"ready", waitReady},
		{"eviction", evict},
		{"token", token},
		{"reviews", reviews},
		{"events", recordEvent},
		{"pages", pages},
		{"watch", watchOne},
		{"logs", logs},
		{"deletecollection", deleteAll},
	} {
		if err := each.run(ctx, client); err != nil {
			return fmt.Errorf("%s: %w", each.name, err)
		}
		fmt.Println("ok", each.name)
	}
	return nil
}

func createDeployment(ctx context.Context, client kubernetes.Interface) error {
	labels := map[string]string{"app": "typed"}
	replicas := int32(2)
	created, err := client.AppsV1().Deployments(namespace).Create(ctx, &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "typed", Labels: labels},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: map[string]string{"simulation.flotilla.dev/log": "hello\nthere\n"}},
				Spec: corev1.PodSpec{Containers: []corev1.Container{
					{Name: "one", Image: "example.com/one:1", Ports: []corev1.ContainerPort{{ContainerPort: 80}}},
					{Name: "two", Image: "example.com/two:1"},
				}},
			},
		},
	}, metav1.CreateOptions{FieldManager: "typed"})
	if err != nil {
		return err
	}
	if created.Spec.Template.Spec.Containers[0].Ports[0].Protocol != corev1.ProtocolTCP || created.UID == "" {
		return fmt.Errorf("no defaults in %v", created.Spec)
	}
	_, err = client.AppsV1().Deployments(namespace).Create(ctx, created, metav1.CreateOptions{})
	if err == nil || !strings.Contains(err.Error(), "resourceVersion should not be set on objects to be created") {
		return fmt.Errorf("an object with a resourceVersion was created: %v", err)
	}
	created.ResourceVersion = ""
	if _, err = client.AppsV1().Deployments(namespace).Create(ctx, created, metav1.CreateOptions{}); !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("created twice: %v", err)
	}
	return nil
}

func patchStrategic(ctx context.Context, client kubernetes.Interface) error {
	body := `{"spec":{"template":{"spec":{"containers":[{"name":"two","image":"example.com/two:2"}]}}}}`
	got, err := client.AppsV1().Deployments(namespace).Patch(ctx, "typed", types.StrategicMergePatchType, []byte(body), metav1.PatchOptions{})
	if err != nil {
		return err
	}
	if list := got.Spec.Template.Spec.Containers; len(list) != 2 || list[1].Image != "example.com/two:2" {
		return fmt.Errorf("containers are %v", list)
	}
	body = `{"spec":{"template":{"spec":{"containers":[{"name":"two","$patch":"delete"}]}}}}`
	got, err = client.AppsV1().Deployments(namespace).Patch(ctx, "typed", types.StrategicMergePatchType, []byte(body), metav1.PatchOptions{})
	if err != nil || len(got.Spec.Template.Spec.Containers) != 1 {
		return fmt.Errorf("the container stays: %w", err)
	}
	return nil
}

func patchJSON(ctx context.Context, client kubernetes.Interface) error {
	patch := `[{"op":"test","path":"/metadata/name","value":"other"}]`
	_, err := client.AppsV1().Deployments(namespace).Patch(ctx, "typed", types.JSONPatchType, []byte(patch), metav1.PatchOptions{})
	if !apierrors.IsInvalid(err) {
		return fmt.Errorf("a failing test: %v", err)
	}
	patch = `[{"op":"add","path":"/metadata/labels/note","value":"x"}]`
	got, err := client.AppsV1().Deployments(namespace).Patch(ctx, "typed", types.JSONPatchType, []byte(patch), metav1.PatchOptions{})
	if err != nil || got.Labels["note"] != "x" {
		return fmt.Errorf("no note: %w", err)
	}
	return nil
}

func applyTyped(ctx context.Context, client kubernetes.Interface) error {
	config := coreapply.ConfigMap("applied", namespace).WithData(map[string]string{"a": "1", "b": "2"})
	maps := client.CoreV1().ConfigMaps(namespace)
	if _, err := maps.Apply(ctx, config, metav1.ApplyOptions{FieldManager: "one"}); err != nil {
		return err
	}
	other := coreapply.ConfigMap("applied", namespace).WithData(map[string]string{"a": "9"})
	if _, err := maps.Apply(ctx, other, metav1.ApplyOptions{FieldManager: "two"}); !apierrors.IsConflict(err) {
		return fmt.Errorf("no conflict: %v", err)
	}
	if _, err := maps.Apply(ctx, other, metav1.ApplyOptions{FieldManager: "two", Force: true}); err != nil {
		return err
	}
	got, err := maps.Get(ctx, "applied", metav1.GetOptions{})
	if err != nil {
		return err
	}
	extracted, err := coreapply.ExtractConfigMap(got, "one")
	if err != nil || len(extracted.Data) != 1 || extracted.Data["b"] != "2" {
		return fmt.Errorf("one owns %v: %w", extracted, err)
	}
	got, err = maps.Apply(ctx, coreapply.ConfigMap("applied", namespace), metav1.ApplyOptions{FieldManager: "one"})
	if err != nil || len(got.Data) != 1 || got.Data["a"] != "9" {
		return fmt.Errorf("after one let go: %v %w", got, err)
	}
	return nil
}

func applyStatus(ctx context.Context, client kubernetes.Interface) error {
	nodes := client.CoreV1().Nodes()
	node := coreapply.Node("node-1").WithStatus(coreapply.NodeStatus().WithConditions(
		coreapply.NodeCondition().WithType("Tested").WithStatus(corev1.ConditionTrue).WithReason("Test").WithMessage("by a test")))
	got, err := nodes.ApplyStatus(ctx, node, metav1.ApplyOptions{FieldManager: "tester", Force: true})
	if err != nil {
		return err
	}
	for _, condition := range got.Status.Conditions {
		if condition.Type == "Tested" && condition.Status == corev1.ConditionTrue {
			return nil
		}
	}
	return fmt.Errorf("no condition in %v", got.Status.Conditions)
}

func scaleDeployment(ctx context.Context, client kubernetes.Interface) error {
	deployments := client.AppsV1().Deployments(namespace)
	var scale *autoscalingv1.Scale
	// Its controller writes the Deployment at the same time.
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		current, err := deployments.GetScale(ctx, "typed", metav1.GetOptions{})
		if err != nil {
			return err
		}
		current.Spec.Replicas = 3
		scale, err = deployments.UpdateScale(ctx, "typed", current, metav1.UpdateOptions{})
		return err
	})
	if err != nil || scale.Spec.Replicas != 3 {
		return fmt.Errorf("scale %v: %w", scale, err)
	}
	if scale.Status.Selector != "app=typed" {
		return fmt.Errorf("selector %q", scale.Status.Selector)
	}
	applied, err := deployments.Apply(ctx, appsapply.Deployment("typed", namespace).WithAnnotations(map[string]string{"owner": "typed"}),
		metav1.ApplyOptions{FieldManager: "annotator"})
	if err != nil || *applied.Spec.Replicas != 3 {
		return fmt.Errorf("applied %v: %w", applied, err)
	}
	return nil
}

func updateOnConflict(ctx context.Context, client kubernetes.Interface) error {
	maps := client.CoreV1().ConfigMaps(namespace)
	stale, err := maps.Get(ctx, "applied", metav1.GetOptions{})
	if err != nil {
		return err
	}
	fresh := stale.DeepCopy()
	fresh.Data["c"] = "3"
	if _, err = maps.Update(ctx, fresh, metav1.UpdateOptions{}); err != nil {
		return err
	}
	stale.Data["d"] = "4"
	if _, err = maps.Update(ctx, stale, metav1.UpdateOptions{}); !apierrors.IsConflict(err) {
		return fmt.Errorf("a stale update: %v", err)
	}
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		current, err := maps.Get(ctx, "applied", metav1.GetOptions{})
		if err != nil {
			return err
		}
		current.BinaryData = map[string][]byte{"bytes": {0, 1, 2, 255}}
		updated, err := maps.Update(ctx, current, metav1.UpdateOptions{})
		if err == nil && string(updated.BinaryData["bytes"]) != "\x00\x01\x02\xff" {
			return fmt.Errorf("bytes are %v", updated.BinaryData)
		}
		return err
	})
}

func waitReady(ctx context.Context, client kubernetes.Interface) error {
	return wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, 60*time.Second, true, func(ctx context.Context) (bool, error) {
		got, err := client.AppsV1().Deployments(namespace).Get(ctx, "typed", metav1.GetOptions{})
		return err == nil && got.Status.ReadyReplicas == 3 && got.Status.ObservedGeneration == got.Generation, err
	})
}

func evict(ctx context.Context, client kubernetes.Interface) error {
	three := intstr.FromInt32(3)
	budget := &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Name: "typed"},
		Spec: policyv1.PodDisruptionBudgetSpec{
			MinAvailable: &three,
			Selector:     &metav1.LabelSelector{MatchLabels: map[string]string{"app": "typed"}},
		},
	}
	budgets := client.PolicyV1().PodDisruptionBudgets(namespace)
	if _, err := budgets.Create(ctx, budget, metav1.CreateOptions{}); err != nil {
		return err
	}
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, 20*time.Second, true, func(ctx context.Context) (bool, error) {
		got, err := budgets.Get(ctx, "typed", metav1.GetOptions{})
		return err == nil && got.Status.ObservedGeneration == got.Generation && got.Status.CurrentHealthy == 3, err
	})
	if err != nil {
		return fmt.Errorf("the budget has no status: %w", err)
	}
	pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: "app=typed"})
	if err != nil {
		return err
	}
	eviction := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: pods.Items[0].Name, Namespace: namespace}}
	err = client.PolicyV1().Evictions(namespace).Evict(ctx, eviction)
	if !apierrors.IsTooManyRequests(err) || !apierrors.HasStatusCause(err, policyv1.DisruptionBudgetCause) {
		return fmt.Errorf("an eviction against the budget: %v", err)
	}
	if err = budgets.Delete(ctx, "typed", metav1.DeleteOptions{}); err != nil {
		return err
	}
	return client.PolicyV1().Evictions(namespace).Evict(ctx, eviction)
}

func token(ctx context.Context, client kubernetes.Interface) error {
	seconds := int64(900)
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}
	got, err := client.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, "default", request, metav1.CreateOptions{})
	if err != nil || strings.Count(got.Status.Token, ".") != 2 {
		return fmt.Errorf("token: %w", err)
	}
	review, err := client.AuthenticationV1().TokenReviews().Create(ctx, &authenticationv1.TokenReview{
		Spec: authenticationv1.TokenReviewSpec{Token: got.Status.Token}}, metav1.CreateOptions{})
	if err != nil || review.Status.User.Username != "system:serviceaccount:"+namespace+":default" {
		return fmt.Errorf("review %v: %w", review, err)
	}
	return nil
}

func reviews(ctx context.Context, client kubernetes.Interface) error {
	attributes := &authorizationv1.ResourceAttributes{Namespace: namespace, Verb: "get", Resource: "pods"}
	self, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: attributes}}, metav1.CreateOptions{})
	if err != nil || !self.Status.Allowed {
		return fmt.Errorf("self %v: %w", self, err)
	}
	other, err := client.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{ResourceAttributes: attributes, User: "jane"}}, metav1.CreateOptions{})
	if err != nil || other.Status.Allowed {
		return fmt.Errorf("other %v: %w", other, err)
	}
	return nil
}

func recordEvent(ctx context.Context, client kubernetes.Interface) error {
	pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil || len(pods.Items) != 1 {
		return fmt.Errorf("a page of one has %d: %w", len(pods.Items), err)
	}
	broadcaster := events.NewBroadcaster(&events.EventSinkImpl{Interface: client.EventsV1()})
	broadcaster.StartRecordingToSink(ctx.Done())
	defer broadcaster.Shutdown()
	recorder := broadcaster.NewRecorder(clientScheme, "clients-test")
	recorder.Eventf(&pods.Items[0], nil, corev1.EventTypeNormal, "Tested", "Testing", "seen %d", 1)
	return wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, 10*time.Second, true, func(ctx context.Context) (bool, error) {
		list, err := client.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{FieldSelector: "reason=Tested"})
		return err == nil && len(list.Items) == 1 && list.Items[0].Message == "seen 1", err
	})
}

func pages(ctx context.Context, client kubernetes.Interface) error {
	for i := range 25 {
		secret := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{GenerateName: "page-", Labels: map[string]string{"page": "x"}},
			StringData: map[string]string{"i": fmt.Sprint(i)},
		}
		if _, err := client.CoreV1().Secrets(namespace).Create(ctx, secret, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	options := metav1.ListOptions{Limit: 10, LabelSelector: "page=x"}
	seen := map[string]bool{}
	for {
		list, err := client.CoreV1().Secrets(namespace).List(ctx, options)
		if err != nil {
			return err
		}
		for _, item := range list.Items {
			seen[string(item.Data["i"])] = true
		}
		if options.Continue = list.Continue; options.Continue == "" {
			break
		}
	}
	if len(seen) != 25 {
		return fmt.Errorf("%d of 25", len(seen))
	}
	return nil
}

func watchOne(ctx context.Context, client kubernetes.Interface) error {
	seconds := int64(3)
	watcher, err := client.CoreV1().ConfigMaps(namespace).Watch(ctx, metav1.ListOptions{
		FieldSelector: "metadata.name=applied", TimeoutSeconds: &seconds, AllowWatchBookmarks: true})
	if err != nil {
		return err
	}
	defer watcher.Stop()
	if event := <-watcher.ResultChan(); event.Type != "ADDED" {
		return fmt.Errorf("first is %v", event)
	}
	_, err = client.CoreV1().ConfigMaps(namespace).Apply(ctx, coreapply.ConfigMap("applied", namespace).
		WithLabels(map[string]string{"seen": "yes"}).WithOwnerReferences(&metaapply.OwnerReferenceApplyConfiguration{}),
		metav1.ApplyOptions{FieldManager: "labels"})
	if !apierrors.IsInvalid(err) {
		return fmt.Errorf("an empty owner: %v", err)
	}
	if err = client.CoreV1().ConfigMaps(namespace).Delete(ctx, "applied", metav1.DeleteOptions{}); err != nil {
		return err
	}
	if event := <-watcher.ResultChan(); event.Type != "DELETED" {
		text, _ := json.Marshal(event)
		return fmt.Errorf("then %s", text)
	}
	for range watcher.ResultChan() {
	}
	return nil
}

func logs(ctx context.Context, client kubernetes.Interface) error {
	pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: "app=typed", FieldSelector: "status.phase=Running"})
	if err != nil || len(pods.Items) == 0 {
		return fmt.Errorf("no pods: %w", err)
	}
	lines := int64(1)
	text, err := client.CoreV1().Pods(namespace).GetLogs(pods.Items[0].Name, &corev1.PodLogOptions{TailLines: &lines}).DoRaw(ctx)
	if err != nil || strings.TrimSpace(string(text)) != "there" {
		return fmt.Errorf("log %q: %w", text, err)
	}
	return nil
}

func deleteAll(ctx context.Context, client kubernetes.Interface) error {
	foreground := metav1.DeletePropagationForeground
	if err := client.AppsV1().Deployments(namespace).Delete(ctx, "typed", metav1.DeleteOptions{PropagationPolicy: &foreground}); err != nil {
		return err
	}
	if err := client.CoreV1().Secrets(namespace).DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "page=x"}); err != nil {
		return err
	}
	return wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, 60*time.Second, true, func(ctx context.Context) (bool, error) {
		pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: "app=typed"})
		if err != nil || len(pods.Items) > 0 {
			return false, err
		}
		_, err = client.AppsV1().Deployments(namespace).Get(ctx, "typed", metav1.GetOptions{})
		if !apierrors.IsNotFound(err) {
			return false, err
		}
		return true, nil
	})
}
