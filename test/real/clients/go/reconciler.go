package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"strconv"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

const finalizer = "clients.example.com/tidy"

// manage runs a manager with leader election, a reconciler of widgets and their webhooks, which it registers by URL, until it is
// told to stop. The CustomResourceDefinition is there before it.
func manage(ctx context.Context, config *rest.Config) error {
	log.SetLogger(zap.New(zap.WriteTo(os.Stderr)))
	certificate, authority, err := selfSigned()
	if err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	manager, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                        clientScheme,
		Metrics:                       server.Options{BindAddress: "0"},
		LeaderElection:                true,
		LeaderElectionID:              "clients-manager",
		LeaderElectionNamespace:       namespace,
		LeaderElectionReleaseOnCancel: true,
		WebhookServer: webhook.NewServer(webhook.Options{
			Host: "127.0.0.1",
			Port: port,
			TLSOpts: []func(*tls.Config){func(config *tls.Config) {
				config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &certificate, nil }
			}},
		}),
	})
	if err != nil {
		return err
	}
	if err = manager.AddHealthzCheck("healthz", healthz.Ping); err != nil {
		return err
	}
	if err = ctrl.NewWebhookManagedBy(manager, &Widget{}).WithDefaulter(widgetHooks{}).WithValidator(widgetHooks{}).Complete(); err != nil {
		return err
	}
	err = ctrl.NewControllerManagedBy(manager).For(&Widget{}).Owns(&corev1.ConfigMap{}).Complete(&widgets{manager.GetClient()})
	if err != nil {
		return err
	}
	direct, err := client.New(config, client.Options{Scheme: clientScheme})
	if err != nil {
		return err
	}
	if err = register(ctx, direct, fmt.Sprintf("https://127.0.0.1:%d", port), authority); err != nil {
		return err
	}
	go func() {
		if manager.GetCache().WaitForCacheSync(ctx) {
			<-manager.Elected()
			fmt.Println("ready")
		}
	}()
	return manager.Start(ctx)
}

type widgets struct{ client.Client }

// Reconcile keeps a ConfigMap for each widget, and says so in its status.
func (own *widgets) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var widget Widget
	if err := own.Get(ctx, request.NamespacedName, &widget); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !widget.DeletionTimestamp.IsZero() {
		if controllerutil.RemoveFinalizer(&widget, finalizer) {
			fmt.Println("tidied", widget.Name)
			return ctrl.Result{}, own.Update(ctx, &widget)
		}
		return ctrl.Result{}, nil
	}
	if controllerutil.AddFinalizer(&widget, finalizer) {
		return ctrl.Result{}, own.Update(ctx, &widget)
	}
	config := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: widget.Namespace, Name: "widget-" + widget.Name}}
	result, err := controllerutil.CreateOrUpdate(ctx, own.Client, config, func() error {
		config.Data = map[string]string{"color": widget.Spec.Color, "size": strconv.Itoa(int(widget.Spec.Size))}
		return controllerutil.SetControllerReference(&widget, config, own.Scheme())
	})
	if err != nil {
		return ctrl.Result{}, err
	}
	if result != controllerutil.OperationResultNone {
		fmt.Println(result, config.Name)
	}
	before := widget.DeepCopyObject().(*Widget)
	widget.Status.ObservedGeneration = widget.Generation
	meta.SetStatusCondition(&widget.Status.Conditions, metav1.Condition{
		Type: "Ready", Status: metav1.ConditionTrue, Reason: "Written", Message: "the ConfigMap is there", ObservedGeneration: widget.Generation})
	return ctrl.Result{}, own.Status().Patch(ctx, &widget, client.MergeFrom(before))
}

type widgetHooks struct{}

func (widgetHooks) Default(_ context.Context, widget *Widget) error {
	if widget.Spec.Color == "" {
		widget.Spec.Color = "grey"
	}
	return nil
}

func (widgetHooks) ValidateCreate(_ context.Context, widget *Widget) (admission.Warnings, error) {
	if widget.Spec.Color == "infrared" {
		return nil, fmt.Errorf("nobody sees %s", widget.Spec.Color)
	}
	if widget.Spec.Size > 100 {
		return admission.Warnings{"that is a large widget"}, nil
	}
	return nil, nil
}

func (hooks widgetHooks) ValidateUpdate(ctx context.Context, _, widget *Widget) (admission.Warnings, error) {
	return hooks.ValidateCreate(ctx, widget)
}

func (widgetHooks) ValidateDelete(context.Context, *Widget) (admission.Warnings, error) {
	return nil, nil
}

func register(ctx context.Context, direct client.Client, url string, authority []byte) error {
	none := admissionv1.SideEffectClassNone
	at := func(path string) admissionv1.WebhookClientConfig {
		full := url + path + "-clients-example-com-v1-widget"
		return admissionv1.WebhookClientConfig{URL: &full, CABundle: authority}
	}
	rules := []admissionv1.RuleWithOperations{{
		Operations: []admissionv1.OperationType{admissionv1.Create, admissionv1.Update},
		Rule:       admissionv1.Rule{APIGroups: []string{widgetsVersion.Group}, APIVersions: []string{"v1"}, Resources: []string{"widgets"}},
	}}
	mutating := &admissionv1.MutatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: "clients-widgets"}}
	if _, err := controllerutil.CreateOrUpdate(ctx, direct, mutating, func() error {
		mutating.Webhooks = []admissionv1.MutatingWebhook{{Name: "default.clients.example.com", ClientConfig: at("/mutate"), Rules: rules,
			SideEffects: &none, AdmissionReviewVersions: []string{"v1"}}}
		return nil
	}); err != nil {
		return err
	}
	validating := &admissionv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: "clients-widgets"}}
	_, err := controllerutil.CreateOrUpdate(ctx, direct, validating, func() error {
		validating.Webhooks = []admissionv1.ValidatingWebhook{{Name: "validate.clients.example.com", ClientConfig: at("/validate"), Rules: rules,
			SideEffects: &none, AdmissionReviewVersions: []string{"v1"}}}
		return nil
	})
	return err
}

func selfSigned() (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "widgets"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	var text bytes.Buffer
	err = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, text.Bytes(), err
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
