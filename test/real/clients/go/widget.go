package main

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

// Widget is the custom resource of the manager.
type Widget struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              WidgetSpec   `json:"spec,omitempty"`
	Status            WidgetStatus `json:"status,omitempty"`
}

// WidgetSpec says what is wanted.
type WidgetSpec struct {
	Color string `json:"color,omitempty"`
	Size  int32  `json:"size,omitempty"`
}

// WidgetStatus says what is.
type WidgetStatus struct {
	ObservedGeneration int64              `json:"observedGeneration,omitempty"`
	Conditions         []metav1.Condition `json:"conditions,omitempty"`
}

// WidgetList is a list of widgets.
type WidgetList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Widget `json:"items"`
}

// DeepCopyObject is of runtime.Object.
func (widget *Widget) DeepCopyObject() runtime.Object {
	copied := *widget
	copied.ObjectMeta = *widget.ObjectMeta.DeepCopy()
	copied.Status.Conditions = append([]metav1.Condition(nil), widget.Status.Conditions...)
	return &copied
}

// DeepCopyObject is of runtime.Object.
func (list *WidgetList) DeepCopyObject() runtime.Object {
	copied := *list
	copied.ListMeta = *list.ListMeta.DeepCopy()
	copied.Items = make([]Widget, len(list.Items))
	for i := range list.Items {
		copied.Items[i] = *list.Items[i].DeepCopyObject().(*Widget)
	}
	return &copied
}

var (
	clientScheme   = scheme.Scheme
	widgetsVersion = schema.GroupVersion{Group: "clients.example.com", Version: "v1"}
)

func init() {
	clientScheme.AddKnownTypes(widgetsVersion, &Widget{}, &WidgetList{})
	metav1.AddToGroupVersion(clientScheme, widgetsVersion)
}
