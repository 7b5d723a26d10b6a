// Encodes objects as client-go sends them: reads JSON objects of Kubernetes, one a line, and prints for each the base64 of its
// application/vnd.kubernetes.protobuf body.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"os"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

func main() {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientscheme.AddToScheme, apiextensions.AddToScheme, apiregistration.AddToScheme} {
		if err := add(scheme); err != nil {
			fail("", err)
		}
	}
	decoder := serializer.NewCodecFactory(scheme).UniversalDeserializer()
	encoder := protobuf.NewSerializer(scheme, scheme)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		object, _, err := decoder.Decode(lines.Bytes(), nil, nil)
		if err != nil {
			fail(lines.Text(), err)
		}
		var body bytes.Buffer
		if err := encoder.Encode(object, &body); err != nil {
			fail(lines.Text(), err)
		}
		fmt.Println(base64.StdEncoding.EncodeToString(body.Bytes()))
	}
	if err := lines.Err(); err != nil {
		fail("", err)
	}
}

func fail(line string, err error) {
	fmt.Fprintln(os.Stderr, line, err)
	os.Exit(1)
}
