/** A sound fleet that uses every tool that checks know, as a repository has it: path to text. Nothing is to be found in it. */
export function cleanFleet(): Record<string, string> {
  const files: Record<string, string> = {}
  ciliumClusters.forEach((name, index) => {
    files[`clusters/${name}/cilium-values.yaml`] = ciliumValues(name, index + 1)
    files[`clusters/${name}/shop.yaml`] = shop
    files[`clusters/${name}/external-dns.yaml`] = externalDns(name)
  })
  istioClusters.forEach((name, index) => {
    files[`clusters/${name}/istio-values.yaml`] = istioValues(name)
    files[`clusters/${name}/istio.yaml`] = istioObjects(istioClusters[1 - index]!)
  })
  for (const name of submarinerClusters) files[`clusters/${name}/exports.yaml`] = exports
  return { ...files, ...hub }
}

export const ciliumClusters = ['us-east', 'us-west', 'us-south'] as const
export const istioClusters = ['eu-north', 'eu-south'] as const
export const submarinerClusters = ['ap-one', 'ap-two'] as const

function ciliumValues(name: string, id: number): string {
  const peers = ciliumClusters.filter((other) => other !== name).map((other) => `      - name: ${other}\n        port: 2379\n`)
  return `cluster:
  name: ${name}
  id: ${id}
clustermesh:
  useAPIServer: true
  maxConnectedClusters: 255
  apiserver:
    service:
      type: LoadBalancer
    tls:
      auto:
        method: cronJob
  config:
    enabled: true
    clusters:
${peers.join('')}tls:
  ca:
    cert: c2FtZQ==
routingMode: native
ipv4NativeRoutingCIDR: 10.0.0.0/8
ipam:
  mode: cluster-pool
  operator:
    clusterPoolIPv4PodCIDRList:
      - 10.${id}.0.0/16
`
}

const shop = `apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: frontend-settings
  namespace: shop
data:
  level: info
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: frontend
  namespace: shop
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: frontend
  namespace: shop
spec:
  replicas: 3
  selector:
    matchLabels:
      app: frontend
  template:
    metadata:
      labels:
        app: frontend
    spec:
      serviceAccountName: frontend
      containers:
        - name: frontend
          image: registry.example.com/frontend:1.2.3
          ports:
            - name: http
              containerPort: 8080
          env:
            - name: LEVEL
              valueFrom:
                configMapKeyRef:
                  name: frontend-settings
                  key: level
          readinessProbe:
            periodSeconds: 5
            httpGet:
              path: /healthz
              port: http
          resources:
            requests:
              cpu: 100m
              memory: 64Mi
---
apiVersion: v1
kind: Service
metadata:
  name: frontend
  namespace: shop
  annotations:
    service.cilium.io/global: "true"
spec:
  selector:
    app: frontend
  ports:
    - name: http
      port: 80
      targetPort: http
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: frontend
  namespace: shop
spec:
  minReplicas: 2
  maxReplicas: 9
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: frontend
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: frontend
  namespace: shop
  annotations:
    nginx.ingress.kubernetes.io/upstream-hash-by: $binary_remote_addr
spec:
  ingressClassName: traefik
  rules:
    - host: shop.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: frontend
                port:
                  name: http
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: reader
  namespace: shop
rules:
  - apiGroups: [""]
    resources: [pods]
    verbs: [get, list]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: reader
  namespace: shop
subjects:
  - kind: ServiceAccount
    name: frontend
    namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: reader
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: frontend
  namespace: shop
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app: frontend
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: report
  namespace: shop
spec:
  schedule: 0 3 * * *
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: report
              image: registry.example.com/report:1.0.0
`

function externalDns(name: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: external-dns
  namespace: dns
spec:
  selector:
    matchLabels:
      app: external-dns
  template:
    metadata:
      labels:
        app: external-dns
    spec:
      containers:
        - name: external-dns
          image: registry.k8s.io/external-dns/external-dns:v0.22.0
          args:
            - --source=service
            - --provider=aws
            - --domain-filter=example.com
            - --policy=upsert-only
            - --registry=txt
            - --txt-owner-id=${name}
---
apiVersion: v1
kind: Service
metadata:
  name: edge
  namespace: dns
  annotations:
    external-dns.kubernetes.io/hostname: edge.example.com
    external-dns.kubernetes.io/aws-weight: "50"
    external-dns.kubernetes.io/set-identifier: ${name}
spec:
  type: LoadBalancer
  selector:
    app: edge
  ports:
    - name: https
      port: 443
`
}

function istioValues(name: string): string {
  return `global:
  meshID: shop-mesh
  network: network-${name}
  multiCluster:
    clusterName: ${name}
meshConfig:
  trustDomain: example.com
`
}

function istioObjects(peer: string): string {
  return `apiVersion: v1
kind: Namespace
metadata:
  name: istio-system
---
apiVersion: v1
kind: Secret
metadata:
  name: istio-remote-secret-${peer}
  namespace: istio-system
  labels:
    istio/multiCluster: "true"
  annotations:
    networking.istio.io/cluster: ${peer}
stringData:
  ${peer}: |
    apiVersion: v1
    kind: Config
    clusters:
      - name: ${peer}
        cluster:
          server: https://k8s.${peer}.example.com:6443
          certificate-authority-data: Y2E=
    contexts:
      - name: ${peer}
        context:
          cluster: ${peer}
          user: ${peer}
    current-context: ${peer}
    users:
      - name: ${peer}
        user:
          token: abc
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: istio-eastwestgateway
  namespace: istio-system
spec:
  selector:
    matchLabels:
      istio: eastwestgateway
  template:
    metadata:
      labels:
        istio: eastwestgateway
    spec:
      containers:
        - name: istio-proxy
          image: registry.example.com/proxyv2:1.27.0
          ports:
            - name: tls
              containerPort: 15443
---
apiVersion: v1
kind: Service
metadata:
  name: istio-eastwestgateway
  namespace: istio-system
  labels:
    istio: eastwestgateway
spec:
  type: LoadBalancer
  selector:
    istio: eastwestgateway
  ports:
    - name: tls
      port: 15443
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata:
  name: cross-network-gateway
  namespace: istio-system
spec:
  selector:
    istio: eastwestgateway
  servers:
    - port:
        number: 15443
        name: tls
        protocol: TLS
      tls:
        mode: AUTO_PASSTHROUGH
      hosts:
        - "*.local"
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: pay
  namespace: shop
spec:
  host: pay.shop.svc.cluster.local
  trafficPolicy:
    outlierDetection:
      consecutive5xxErrors: 5
      interval: 10s
      baseEjectionTime: 30s
    loadBalancer:
      localityLbSetting:
        enabled: true
        failover:
          - from: eu-north-1
            to: eu-south-1
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata:
  name: bank
  namespace: shop
spec:
  hosts:
    - bank.example.com
  location: MESH_EXTERNAL
  resolution: DNS
  ports:
    - number: 443
      name: tls
      protocol: TLS
  endpoints:
    - address: gateway.bank.example.net
`
}

const exports = `apiVersion: v1
kind: Namespace
metadata:
  name: data
---
apiVersion: v1
kind: Service
metadata:
  name: db
  namespace: data
spec:
  selector:
    app: db
  ports:
    - name: pg
      port: 5432
---
apiVersion: multicluster.x-k8s.io/v1alpha1
kind: ServiceExport
metadata:
  name: db
  namespace: data
---
apiVersion: submariner.io/v1alpha1
kind: Submariner
metadata:
  name: submariner
  namespace: submariner-operator
spec:
  broker: k8s
  brokerK8sApiServer: broker.example.com:6443
  brokerK8sRemoteNamespace: submariner-k8s-broker
  ceIPSecNATTPort: 4500
  clusterCIDR: CLUSTER_CIDR
  clusterID: CLUSTER_ID
  namespace: submariner-operator
  natEnabled: true
  serviceCIDR: SERVICE_CIDR
`

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

const hub: Record<string, string> = {
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

/** What differs between the clusters of Submariner. */
for (const [index, name] of submarinerClusters.entries()) {
  const text = exports
    .replace('CLUSTER_CIDR', `10.${40 + index}.0.0/16`)
    .replace('SERVICE_CIDR', `10.${60 + index}.0.0/16`)
    .replace('CLUSTER_ID', name)
  hub[`clusters/${name}/exports.yaml`] = text
}
