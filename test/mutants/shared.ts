import type { Part } from './part.js'

const clusters = ['sh-a', 'sh-b']

const queue = (cluster: string) => `apiVersion: v1
kind: Service
metadata: {name: queue, namespace: shop, annotations: {service.cilium.io/global: "true"}}
spec: {clusterIP: None, selector: {app: queue}, ports: [{name: amqp, port: 5672}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: queue-${cluster}, namespace: shop}
spec:
  serviceName: queue
  selector: {matchLabels: {app: queue}}
  template:
    metadata: {labels: {app: queue}}
    spec: {containers: [{name: queue, image: "registry.example.com/queue:4.1", ports: [{name: amqp, containerPort: 5672}]}]}
`

const edge = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: public, namespace: edge}
spec: {gatewayClassName: any, listeners: [{name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: tls}]}}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: edge}
spec:
  parentRefs: [{name: public, sectionName: https}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: edge}
spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
`

const policies = `apiVersion: v1
kind: Service
metadata: {name: policy-webhook, namespace: policy}
spec: {selector: {app: policy}, ports: [{name: https, port: 443}]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: policy}
webhooks:
  - name: pods.policy.example.com
    sideEffects: None
    admissionReviewVersions: [v1]
    clientConfig: {service: {name: policy-webhook, namespace: policy, port: 443}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: limits}
spec: {policyName: limits, validationActions: [Deny]}
`

const texts: Record<string, string> = {
  'shared/mesh.sh': 'cilium clustermesh connect --context sh-a --destination-context sh-b\n',
}
for (const cluster of clusters) {
  texts[`clusters/${cluster}/queue.yaml`] = queue(cluster)
  texts[`clusters/${cluster}/edge.yaml`] = edge
  texts[`clusters/${cluster}/policies.yaml`] = policies
}

/** Services with state in several clusters, the ways in to them, and what the API server calls. */
export const sharedPart: Part = {
  name: 'shared',
  texts,
  faults: [
    { check: 'stateful-hostnames-clash', in: /queue/, from: /name: queue-sh-\w/, to: 'name: queue', place: 'all' },
    { check: 'service-sameness', in: /queue/, from: 'registry.example.com/queue', to: 'registry.example.com/printer' },
    { check: 'route-parent-missing', in: /edge/, from: 'parentRefs: [{name: public', to: 'parentRefs: [{name: pubilc' },
    { check: 'route-parent-missing', in: /edge/, from: 'sectionName: https', to: 'sectionName: http' },
    {
      check: 'called-service-missing',
      in: /policies/,
      from: '{name: policy-webhook, namespace: policy, port',
      to: '{name: policy-webhok, namespace: policy, port',
    },
    {
      check: 'called-service-missing',
      in: /policies/,
      from: 'namespace: policy, port: 443',
      to: 'namespace: policy, port: 8443',
    },
    {
      check: 'api-deprecated',
      in: /policies/,
      from: 'admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding',
      to: 'admissionregistration.k8s.io/v1beta1\nkind: ValidatingAdmissionPolicyBinding',
    },
    {
      check: 'cilium-values-nested',
      in: /mesh\.sh/,
      from: /$/,
      to: `cat > umbrella-values.yaml <<EOF\ncilium:\n  ipam: {mode: kubernetes}\n  routingMode: tunnel\nEOF\n`,
    },
  ],
}
