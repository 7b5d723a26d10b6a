const clusterSecret = (name: string, region: string) => `apiVersion: v1
kind: Secret
metadata:
  name: cluster-${name}
  namespace: argocd
  labels:
    argocd.argoproj.io/secret-type: cluster
    env: production
    region: ${region}
stringData:
  name: ${name}
  server: https://k8s.${name}.example.com:6443
  config: '{"bearerToken": "abc", "tlsClientConfig": {"insecure": false}}'
`

const federated = (kind: string, name: string, spec: string) => `apiVersion: types.kubefed.io/v1beta1
kind: ${kind}
metadata:
  name: ${name}
  namespace: team
spec:
${spec}  placement:
    clusters:
      - name: fed-one
      - name: fed-two
`

const joined = (name: string) => `apiVersion: core.kubefed.io/v1beta1
kind: KubeFedCluster
metadata:
  name: ${name}
  namespace: kube-federation-system
spec:
  apiEndpoint: https://k8s.${name}.example.com:6443
  secretRef:
    name: ${name}-token
`

const reference = (kind: string, name: string, group: string, version: string) =>
  `apiVersion: ${group}.cluster.x-k8s.io/${version}\nkind: ${kind}\nname: ${name}\n`
const indented = (text: string, by: number) => text.replace(/^(?=.)/gm, ' '.repeat(by))

/** Files of a sound fleet that belong to no member: the hub, the management cluster, DNS, scripts. */
export const hubFiles: Readonly<Record<string, string>> = {
  'argocd/clusters.yaml': [clusterSecret('prod-one', 'us-east-1'), clusterSecret('prod-two', 'us-west-2')].join('---\n'),
  'argocd/apps.yaml': `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata:
  name: platform
  namespace: argocd
spec:
  goTemplate: true
  goTemplateOptions: ["missingkey=error"]
  generators:
    - clusters:
        selector:
          matchLabels:
            region: us-east-1
  template:
    metadata:
      name: 'platform-{{ .name }}'
    spec:
      project: default
      source:
        repoURL: https://git.example.com/platform.git
        targetRevision: main
        path: 'overlays/{{ .metadata.labels.region }}'
      destination:
        server: '{{ .server }}'
        namespace: platform
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: shop
  namespace: argocd
spec:
  project: default
  source:
    repoURL: https://git.example.com/shop.git
    targetRevision: main
    path: shop
  destination:
    name: prod-one
    namespace: shop
`,
  'fleet/fleet.yaml': `defaultNamespace: shop
helm:
  releaseName: shop
targetCustomizations:
  - name: east
    clusterSelector:
      matchLabels:
        region: us-east-1
`,
  'kubefed/federation.yaml': [
    joined('fed-one'),
    joined('fed-two'),
    'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: team\n',
    federated('FederatedNamespace', 'team', ''),
    federated(
      'FederatedConfigMap',
      'settings',
      `  template:
    data:
      level: info
  overrides:
    - clusterName: fed-one
      clusterOverrides:
        - path: /data/level
          value: debug
`,
    ),
  ].join('---\n'),
  'capi/work-1.yaml': [
    `apiVersion: cluster.x-k8s.io/v1beta1
kind: Cluster
metadata:
  name: work-1
  namespace: capi
spec:
  clusterNetwork:
    services:
      cidrBlocks: ["10.96.0.0/12"]
    pods:
      cidrBlocks: ["192.168.0.0/16"]
  controlPlaneRef:
${indented(reference('KubeadmControlPlane', 'work-1-cp', 'controlplane', 'v1beta1'), 4)}  infrastructureRef:
${indented(reference('AWSCluster', 'work-1', 'infrastructure', 'v1beta2'), 4)}`,
    `apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
kind: AWSCluster
metadata:
  name: work-1
  namespace: capi
spec:
  region: us-east-1
  network:
    vpc:
      cidrBlock: 172.16.0.0/16
    subnets:
      - id: public-a
        availabilityZone: us-east-1a
        cidrBlock: 172.16.1.0/24
        isPublic: true
      - id: private-a
        availabilityZone: us-east-1a
        cidrBlock: 172.16.2.0/24
        isPublic: false
`,
    `apiVersion: controlplane.cluster.x-k8s.io/v1beta1
kind: KubeadmControlPlane
metadata:
  name: work-1-cp
  namespace: capi
spec:
  replicas: 3
  version: v1.33.4
  machineTemplate:
    infrastructureRef:
${indented(reference('AWSMachineTemplate', 'work-1-cp', 'infrastructure', 'v1beta2'), 6)}  kubeadmConfigSpec:
    clusterConfiguration:
      apiServer:
        extraArgs:
          audit-log-path: /var/log/audit.log
`,
    ...['work-1-cp', 'work-1-md'].map(
      (name) => `apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
kind: AWSMachineTemplate
metadata:
  name: ${name}
  namespace: capi
spec:
  template:
    spec:
      instanceType: m6i.large
`,
    ),
    `apiVersion: bootstrap.cluster.x-k8s.io/v1beta1
kind: KubeadmConfigTemplate
metadata:
  name: work-1-md
  namespace: capi
spec:
  template:
    spec: {}
`,
    `apiVersion: cluster.x-k8s.io/v1beta1
kind: MachineDeployment
metadata:
  name: work-1-md
  namespace: capi
spec:
  clusterName: work-1
  replicas: 3
  selector:
    matchLabels: {}
  template:
    spec:
      clusterName: work-1
      version: v1.33.4
      bootstrap:
        configRef:
${indented(reference('KubeadmConfigTemplate', 'work-1-md', 'bootstrap', 'v1beta1'), 10)}      infrastructureRef:
${indented(reference('AWSMachineTemplate', 'work-1-md', 'infrastructure', 'v1beta2'), 8)}`,
  ].join('---\n'),
  'submariner/broker.yaml': `apiVersion: submariner.io/v1alpha1
kind: Broker
metadata:
  name: submariner-broker
  namespace: submariner-k8s-broker
spec:
  globalnetEnabled: false
`,
  'dns/weights.json': `{
  "Changes": [
    {"Action": "UPSERT", "ResourceRecordSet": {"Name": "api.example.com", "Type": "A", "SetIdentifier": "one", "Weight": 70,
      "AliasTarget": {"DNSName": "one-1.us-east-1.elb.amazonaws.com", "EvaluateTargetHealth": true, "HostedZoneId": "Z35SXDOTRQ7X7K"}}},
    {"Action": "UPSERT", "ResourceRecordSet": {"Name": "api.example.com", "Type": "A", "SetIdentifier": "two", "Weight": 30,
      "AliasTarget": {"DNSName": "two-2.eu-west-1.elb.amazonaws.com", "EvaluateTargetHealth": true, "HostedZoneId": "Z32O12XQLNTSW2"}}}
  ]
}
`,
  'dex/dex.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: dex
  namespace: dex
data:
  config.yaml: |
    issuer: https://dex.example.com
    storage:
      type: memory
    web:
      http: 0.0.0.0:5556
    connectors:
      - type: oidc
        id: corp
        name: Corp
        config:
          issuer: https://login.example.com
          clientID: dex
          clientSecret: $CORP_SECRET
          redirectURI: https://dex.example.com/callback
          scopes: [openid, groups]
          insecureEnableGroups: true
    staticClients:
      - id: argocd
        name: Argo CD
        secretEnv: ARGOCD_SECRET
        redirectURIs:
          - https://argocd.example.com/auth/callback
`,
  'gke/ingress.yaml': `apiVersion: networking.gke.io/v1
kind: MultiClusterIngress
metadata:
  name: api
  namespace: shop
  annotations:
    networking.gke.io/static-ip: 203.0.113.10
spec:
  template:
    spec:
      backend:
        serviceName: api
        servicePort: 8080
---
apiVersion: networking.gke.io/v1
kind: MultiClusterService
metadata:
  name: api
  namespace: shop
spec:
  template:
    spec:
      selector:
        app: api
      ports:
        - name: http
          protocol: TCP
          port: 8080
          targetPort: 8080
`,
  'kind/management.yaml': `kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
  - role: control-plane
    extraMounts:
      - hostPath: /var/run/docker.sock
        containerPath: /var/run/docker.sock
`,
  'scripts/lab.sh': `#!/bin/sh
kind create cluster --config kind/management.yaml --name management
export AWS_B64ENCODED_CREDENTIALS=$(clusterawsadm bootstrap credentials encode-as-profile)
clusterctl init --infrastructure=aws,docker
eksctl create cluster --name work-9 --region us-east-1 --nodes 3 --with-oidc
kubectl logs -n capi-system -l cluster.x-k8s.io/provider=cluster-api
kubefedctl join fed-one --cluster-context=fed-one --host-cluster-context=kind-management
istioctl create-remote-secret --context eu-north --name eu-north | kubectl apply --context eu-south -f -
istioctl create-remote-secret --context eu-south --name eu-south | kubectl apply --context eu-north -f -
liqoctl install kind --context eu-north
kubectl config view --flatten > merged.yaml
`,
}
