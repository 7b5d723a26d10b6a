import type { Part } from './part.js'

const clusters = ['shop-a', 'shop-b']
const apps = ['checkout', 'payments', 'catalogue']

const workload = (name: string) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: shop
spec:
  replicas: 3
  selector:
    matchLabels: {app: ${name}}
  template:
    metadata:
      labels: {app: ${name}}
    spec:
      serviceAccountName: ${name}
      containers:
        - name: server
          image: registry.example.com/${name}:1.4.2
          ports:
            - {name: http, containerPort: 8080}
          envFrom:
            - configMapRef: {name: ${name}-settings}
          resources:
            limits: {memory: 256Mi}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: ${name}-settings, namespace: shop}
data: {level: info}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: ${name}, namespace: shop}
---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: shop
  annotations:
    service.cilium.io/global: "true"
spec:
  selector: {app: ${name}}
  ports:
    - name: http
      port: 80
      targetPort: http
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: ${name}, namespace: shop}
spec:
  minReplicas: 3
  maxReplicas: 9
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: ${name}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: ${name}-reader, namespace: shop}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: ${name}, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${name}-reader}
subjects: [{kind: ServiceAccount, name: ${name}, namespace: shop}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ${name}, namespace: shop}
spec:
  ingressClassName: nginx
  rules:
    - host: ${name}.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service: {name: ${name}, port: {name: http}}
`

const database = (cluster: string) => `apiVersion: v1
kind: Service
metadata: {name: db-${cluster}, namespace: shop}
spec:
  clusterIP: None
  selector: {app: db-${cluster}}
  ports: [{name: sql, port: 5432}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db-${cluster}, namespace: shop}
spec:
  serviceName: db-${cluster}
  replicas: 1
  selector: {matchLabels: {app: db-${cluster}}}
  template:
    metadata: {labels: {app: db-${cluster}}}
    spec:
      containers:
        - {name: db, image: "postgres:17", ports: [{name: sql, containerPort: 5432}]}
---
apiVersion: multicluster.x-k8s.io/v1alpha1
kind: ServiceExport
metadata: {name: db-${cluster}, namespace: shop}
`

const texts: Record<string, string> = { 'mesh.sh': 'cilium clustermesh connect --context shop-a --destination-context shop-b\n' }
for (const cluster of clusters) {
  for (const app of apps) texts[`clusters/${cluster}/shop/${app}.yaml`] = workload(app)
  texts[`clusters/${cluster}/shop/db.yaml`] = database(cluster)
  texts[`clusters/${cluster}/shop/namespace.yaml`] = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n'
}

const any = /shop\/(checkout|payments|catalogue)/

export const appsPart: Part = {
  name: 'apps',
  texts,
  faults: [
    { check: 'field-unknown', in: any, from: 'replicas: 3', to: 'replica: 3' },
    { check: 'field-unknown', in: any, from: 'serviceAccountName:', to: 'serviceAcountName:' },
    { check: 'field-unknown', in: any, from: 'containerPort:', to: 'containerport: 1, containerPort:' },
    { check: 'field-unknown', in: any, from: '          resources:', to: '          resorces:' },
    { check: 'field-unknown', in: any, from: 'maxReplicas: 9', to: 'maxReplicas: 9\n  maxReplica: 9' },
    { check: 'field-unknown', in: any, from: 'targetPort: http', to: 'targetPort: http\n      targetport: http' },
    { check: 'field-unknown', in: any, from: '  ingressClassName: nginx', to: '  ingressClassname: nginx' },
    { check: 'field-type', in: any, from: 'replicas: 3\n  selector', to: 'replicas: "3"\n  selector' },
    { check: 'field-type', in: any, from: 'global: "true"', to: 'global: true' },
    { check: 'field-type', in: any, from: 'data: {level: info}', to: 'data: {level: 3}' },
    { check: 'kind-unknown', in: any, from: 'apiVersion: apps/v1\nkind: Deployment', to: 'apiVersion: v1\nkind: Deployment' },
    { check: 'kind-unknown', in: any, from: 'kind: HorizontalPodAutoscaler', to: 'kind: HorizontalPodAutoScaler' },
    { check: 'kind-unknown', in: any, from: 'kind: Ingress\n', to: 'kind: Ingres\n' },
    { check: 'object-refused', in: any, from: 'containerPort: 8080', to: 'containerPort: 80800' },
    { check: 'object-refused', in: any, from: 'minReplicas: 3', to: 'minReplicas: 12' },
    { check: 'object-refused', in: any, from: 'pathType: Prefix', to: 'pathType: prefix' },
    {
      check: 'pod-reference-missing',
      in: any,
      from: /configMapRef: \{name: (\w+)-settings/,
      to: 'configMapRef: {name: $1-setings',
    },
    { check: 'pod-reference-missing', in: any, from: /serviceAccountName: (\w)(\w)/, to: 'serviceAccountName: $2$1' },
    { check: 'scale-target-missing', in: any, from: /kind: Deployment, name: (\w)(\w)/, to: 'kind: Deployment, name: $2$1' },
    { check: 'role-missing', in: any, from: /kind: Role, name: (\w+)-reader/, to: 'kind: Role, name: $1-raeder' },
    { check: 'role-missing', in: any, from: /kind: ServiceAccount, name: (\w)(\w)/, to: 'kind: ServiceAccount, name: $2$1' },
    { check: 'backend-missing', in: any, from: /service: \{name: (\w)(\w)/, to: 'service: {name: $2$1' },
    { check: 'backend-missing', in: any, from: 'port: {name: http}', to: 'port: {name: web}' },
    { check: 'backend-missing', in: any, from: 'port: {name: http}', to: 'port: {number: 8080}' },
    { check: 'service-target-port', in: any, from: 'targetPort: http', to: 'targetPort: web' },
    {
      check: 'service-selects-nothing',
      in: any,
      from: /selector: \{app: (\w+)\}\n {2}ports/,
      to: 'selector: {app: $1-app}\n  ports',
    },
    { check: 'service-differs', in: any, from: 'port: 80\n', to: 'port: 81\n' },
    { check: 'cilium-global-one-side', in: any, from: '  annotations:\n    service.cilium.io/global: "true"\n', to: '' },
    {
      check: 'cilium-annotation',
      in: any,
      from: 'global: "true"',
      to: 'global: "true"\n    service.cilium.io/affinity: nearest',
    },
    {
      check: 'service-shared-twice',
      in: any,
      from: /(kind: Service\nmetadata:\n {2}name: )(\w+)([\s\S]*)$/,
      to: '$1$2$3---\napiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceExport\nmetadata: {name: $2, namespace: shop}\n',
    },
    { check: 'api-removed', in: any, from: 'autoscaling/v2\n', to: 'autoscaling/v2beta2\n' },
    {
      check: 'indentation-lost',
      in: any,
      from: /metadata:\n {2}name: (\w+)\n {2}namespace: shop\nspec:/,
      to: 'metadata:\nname: $1\nnamespace: shop\nspec:',
    },
    {
      check: 'export-without-service',
      in: /db\.yaml/,
      from: /ServiceExport\nmetadata: \{name: db-(\w+)/,
      to: 'ServiceExport\nmetadata: {name: db-of-$1',
    },
    {
      check: 'service-import-by-hand',
      in: /db\.yaml/,
      from: /(ServiceExport\nmetadata: \{name: )(db-\w+)(.*\n)/,
      to: '$1$2$3---\napiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceImport\nmetadata: {name: $2, namespace: shop}\n',
    },
    {
      check: 'kubeconfig-overwritten',
      in: /mesh\.sh/,
      from: /$/,
      to: 'KUBECONFIG=a:b kubectl config view --flatten > ~/.kube/config\n',
    },
    {
      check: 'istioctl-moved-command',
      in: /mesh\.sh/,
      from: /$/,
      to: 'istioctl x create-remote-secret --name a > secret-a.txt\n',
    },
    {
      check: 'ingress-class-annotation',
      in: any,
      from: /(kind: Ingress\nmetadata: \{name: \w+, namespace: shop)\}/,
      to: '$1, annotations: {kubernetes.io/ingress.class: nginx}}',
    },
    {
      check: 'ingress-hash-literal',
      in: any,
      from: /(kind: Ingress\nmetadata: \{name: \w+, namespace: shop)\}/,
      to: '$1, annotations: {nginx.ingress.kubernetes.io/upstream-hash-by: ip_hash}}',
    },
    { check: 'stateful-service-missing', in: /db\.yaml/, from: 'serviceName: db-shop', to: 'serviceName: db-shpo' },
    {
      check: 'probe-port-unknown',
      in: any,
      from: '          resources:',
      to: '          readinessProbe: {httpGet: {path: /, port: web}}\n          resources:',
    },
    {
      check: 'object-twice',
      in: any,
      from: /(apiVersion: v1\nkind: ConfigMap\n.*\n)data: \{level: info\}\n/,
      to: '$&---\n$1data: {level: debug}\n',
    },
    {
      check: 'budget-selects-nothing',
      in: any,
      from: /$/,
      to: '---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: checkout-budget, namespace: shop}\nspec: {maxUnavailable: 1, selector: {matchLabels: {app: chekcout}}}\n',
    },
    {
      check: 'budget-blocks-drain',
      in: any,
      from: /$/,
      to: '---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: all, namespace: shop}\nspec: {maxUnavailable: 0, selector: {matchLabels: {app: checkout}}}\n',
    },
  ],
}
