import { hubFiles } from './every-tool-hub.js'

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
    files[`clusters/${name}/istio.yaml`] = istioObjects(name, istioClusters[1 - index]!)
  })
  submarinerClusters.forEach((name, index) => {
    files[`clusters/${name}/exports.yaml`] = exports
      .replace('CLUSTER_CIDR', `10.${40 + index}.0.0/16`)
      .replace('SERVICE_CIDR', `10.${60 + index}.0.0/16`)
      .replace('CLUSTER_ID', name)
  })
  return { ...files, ...hubFiles }
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

function istioObjects(name: string, peer: string): string {
  return `apiVersion: v1
kind: Namespace
metadata:
  name: istio-system
  labels:
    topology.istio.io/network: network-${name}
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
