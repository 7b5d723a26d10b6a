import type { Part } from './part.js'

const clusters = [
  { name: 'gitops-east', region: 'us-east-1' },
  { name: 'gitops-west', region: 'us-west-2' },
]

const secret = (name: string, region: string) => `apiVersion: v1
kind: Secret
metadata:
  name: cluster-${name}
  namespace: argocd
  labels: {argocd.argoproj.io/secret-type: cluster, region: ${region}}
stringData:
  name: ${name}
  server: https://${name}.example.com
  config: '{"bearerToken": "abc", "tlsClientConfig": {"insecure": false}}'
`

const application = (name: string) => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop-${name}, namespace: argocd}
spec:
  project: default
  source: {repoURL: "https://git.example.com/fleet.git", path: shop, targetRevision: main}
  destination: {name: ${name}, namespace: shop}
  syncPolicy:
    automated: {prune: true, selfHeal: true}
`

const sets = `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: platform, namespace: argocd}
spec:
  goTemplate: true
  goTemplateOptions: ["missingkey=error"]
  generators:
    - clusters: {selector: {matchLabels: {region: us-east-1}}}
  template:
    metadata: {name: 'platform-{{ .name }}', labels: {region: '{{ .metadata.labels.region }}'}}
    spec:
      project: default
      source: {repoURL: "https://git.example.com/fleet.git", path: platform, targetRevision: main}
      destination: {server: '{{ .server }}', namespace: platform}
---
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: plain, namespace: argocd}
spec:
  generators:
    - clusters: {selector: {matchLabels: {region: us-west-2}}}
  template:
    metadata: {name: 'plain-{{name}}'}
    spec:
      project: default
      source: {repoURL: "https://git.example.com/fleet.git", path: plain, targetRevision: main}
      destination: {server: '{{server}}', namespace: plain}
`

const rancher = `defaultNamespace: shop
helm: {chart: ./chart}
targetCustomizations:
  - name: east
    clusterSelector: {matchLabels: {region: us-east-1}}
  - name: west
    clusterSelector: {matchLabels: {region: us-west-2}}
`

const flux = `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: podinfo, namespace: apps}
spec:
  interval: 10m
  chart: {spec: {chart: podinfo, version: 6.7.0, sourceRef: {kind: HelmRepository, name: podinfo}}}
  values: {replicaCount: 2}
`

const joined = (name: string) => `apiVersion: core.kubefed.io/v1beta1
kind: KubeFedCluster
metadata: {name: ${name}, namespace: kube-federation-system}
spec: {apiEndpoint: "https://${name}.example.com", secretRef: {name: ${name}}}
`

const federated = `apiVersion: types.kubefed.io/v1beta1
kind: FederatedDeployment
metadata: {name: web, namespace: web}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      replicas: 3
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "nginx:1"}]}
  placement: {clusters: [{name: kube-one}, {name: kube-two}]}
  overrides:
    - clusterName: kube-one
      clusterOverrides: [{path: /spec/replicas, value: 5}]
---
apiVersion: v1
kind: Namespace
metadata: {name: web}
---
apiVersion: types.kubefed.io/v1beta1
kind: FederatedNamespace
metadata: {name: web, namespace: web}
spec: {placement: {clusters: [{name: kube-one}, {name: kube-two}]}}
`

const texts: Record<string, string> = {
  'sets/sets.yaml': sets,
  'rancher/fleet.yaml': rancher,
  'flux/podinfo.yaml': flux,
  'shop/kustomization.yaml': 'resources: [settings.yaml]\n',
  'platform/settings.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: platform, namespace: platform}\n',
  'kubefed/one.yaml': joined('kube-one'),
  'kubefed/two.yaml': joined('kube-two'),
  'kubefed/web.yaml': federated,
  'kubefed/join.sh':
    'kubefedctl join kube-one --cluster-context kube-one --host-cluster-context host\nkubefedctl join kube-two --cluster-context kube-two --host-cluster-context host\n',
}
for (const { name, region } of clusters) {
  texts[`argocd/${name}.yaml`] = secret(name, region)
  texts[`argocd/app-${name}.yaml`] = application(name)
}

export const deliveryPart: Part = {
  name: 'delivery',
  texts,
  faults: [
    {
      check: 'application-destination-unknown',
      in: /app-/,
      from: /destination: \{name: gitops-(\w)(\w)/,
      to: 'destination: {name: gitops-$2$1',
    },
    { check: 'field-unknown', in: /app-/, from: 'destination:', to: 'destinations: {}\n  destination:' },
    { check: 'field-unknown', in: /app-/, from: 'selfHeal', to: 'selfheal' },
    { check: 'field-unknown', in: /app-/, from: 'targetRevision', to: 'targetRevison' },
    { check: 'field-unknown', in: /sets/, from: 'destination', to: 'destinatoin' },
    { check: 'kind-unknown', in: /app-/, from: 'kind: Application', to: 'kind: Aplication' },
    { check: 'application-set-without-project', in: /sets/, from: '      project: default\n', to: '' },
    { check: 'application-set-missing-key', in: /sets/, from: '  goTemplateOptions: ["missingkey=error"]\n', to: '' },
    { check: 'application-set-template-form', in: /sets/, from: '{{ .server }}', to: '{{server}}' },
    { check: 'application-set-template-form', in: /sets/, from: '{{ .name }}', to: '{{name}}' },
    { check: 'application-set-template-form', in: /sets/, from: '{{server}}', to: '{{ .server }}' },
    { check: 'application-set-template-form', in: /sets/, from: '{{name}}', to: '{{ .name }}' },
    { check: 'cluster-secret-refused', in: /argocd\/gitops/, from: '"insecure": false', to: '"caData": "LS0t..."' },
    { check: 'cluster-secret-refused', in: /argocd\/gitops/, from: '{"bearerToken"', to: '{"bearerToken' },
    { check: 'cluster-target-near-miss', in: /rancher/, from: /region: us-(\w+)-\d/, to: 'region: us-$1' },
    { check: 'cluster-target-near-miss', in: /sets/, from: /region: us-(\w+)-\d/, to: 'region: us-$1' },
    {
      check: 'arm-resource-applied',
      in: /flux/,
      from: /^[\s\S]*$/,
      to: 'apiVersion: microsoft.kubernetes/fluxConfigurations\nmetadata: {name: a}\nspec: {scope: cluster}\n',
    },
    {
      check: 'federated-cluster-unknown',
      in: /web\.yaml/,
      from: /\{name: kube-(\w)(\w)(\w)\}/,
      to: '{name: kube-$2$1$3}',
      and: {
        from: '  overrides:\n    - clusterName: kube-one\n      clusterOverrides: [{path: /spec/replicas, value: 5}]\n',
        to: '',
      },
    },
    {
      check: 'federated-override-without-placement',
      in: /web\.yaml/,
      from: '[{name: kube-one}, {name: kube-two}]}\n  overrides',
      to: '[{name: kube-two}]}\n  overrides',
    },
    {
      check: 'federated-namespace-misplaced',
      in: /web\.yaml/,
      from: /FederatedNamespace\nmetadata: \{name: web, namespace: web/,
      to: 'FederatedNamespace\nmetadata: {name: web, namespace: kube-federation-system',
      and: { from: 'apiVersion: v1\nkind: Namespace\nmetadata: {name: web}\n', to: '' },
    },
    { check: 'kubefedctl-unknown-command', in: /join\.sh/, from: 'kubefedctl join', to: 'kubefedctl init' },
    {
      check: 'application-set-generates-nothing',
      in: /sets\.yaml/,
      from: /- clusters: \{selector: \{matchLabels: \{region: us-west-2\}\}\}(\n {2}template:\n {4}metadata: \{name: 'plain)-\{\{name\}\}/,
      to: '- list: {elements: [{name: a, server: "https://a.example"}, {name: b, server: "https://b.example"}]}$1',
    },
    {
      check: 'application-set-generates-nothing',
      in: /sets\.yaml/,
      from: '- clusters: {selector: {matchLabels: {region: us-west-2}}}',
      to: '- matrix: {generators: [{clusters: {selector: {matchLabels: {region: us-west-2}}}}, {list: {elements: [{name: other}]}}]}',
    },
    { check: 'application-path-missing', in: /argocd\/app-/, from: 'path: shop', to: 'path: shpo' },
    {
      check: 'application-path-missing',
      in: /sets\.yaml/,
      from: 'path: platform,',
      to: 'path: platform, kustomize: {namePrefix: a-},',
    },
    {
      check: 'export-beside-federated-service',
      in: /web\.yaml/,
      from: /$/,
      to: '---\napiVersion: types.kubefed.io/v1beta1\nkind: FederatedService\nmetadata: {name: api, namespace: web}\nspec: {template: {spec: {ports: [{port: 80}]}}, placement: {clusters: [{name: kube-one}]}}\n---\napiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceExport\nmetadata: {name: api, namespace: web}\n',
    },
    { check: 'liqoctl-install-without-provider', in: /join\.sh/, from: /$/, to: 'liqoctl install --context a\n' },
    {
      check: 'field-unknown',
      in: /web\.yaml/,
      from: 'selector: {matchLabels',
      to: 'selecter: {a: b}\n      selector: {matchLabels',
    },
    {
      check: 'istio-operator-applied',
      in: /flux/,
      from: /$/,
      to: '---\napiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: a, namespace: istio-system}\nspec: {profile: default}\n',
    },
  ],
}
