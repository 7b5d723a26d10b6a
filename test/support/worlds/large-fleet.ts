import type { InputText } from '../../../src/areas/analysis/load/input-text.js'

/** A sound fleet as a repository has it: a folder for each cluster, with values of Cilium and Istio and a hundred objects. */
export function largeFleet(
  clusters: number,
  objectsEach: number,
  change: (path: string, text: string) => string = (_, text) => text,
): InputText[] {
  const texts: InputText[] = []
  const add = (path: string, text: string) => texts.push({ path, text: change(path, text) })
  for (let cluster = 0; cluster < clusters; cluster++) {
    const name = `member-${cluster}`
    add(`clusters/${name}/cilium-values.yaml`, ciliumValues(name, cluster))
    const perFile = 10
    for (let file = 0; file * perFile < objectsEach; file++) {
      const documents: string[] = []
      for (let index = 0; index < perFile && file * perFile + index < objectsEach; index += 2)
        documents.push(deployment(`app-${file}-${index}`), service(`app-${file}-${index}`, index === 0))
      add(`clusters/${name}/apps/app-${file}.yaml`, documents.join('---\n'))
    }
    add(`clusters/${name}/namespace.yaml`, 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n')
  }
  return texts
}

function ciliumValues(name: string, index: number): string {
  return `cluster:
  name: ${name}
  id: ${index + 1}
clustermesh:
  useAPIServer: true
routingMode: tunnel
tunnelProtocol: vxlan
ipam:
  mode: cluster-pool
  operator:
    clusterPoolIPv4PodCIDRList:
      - 10.${index}.0.0/16
`
}

function deployment(name: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: shop
  labels:
    app.kubernetes.io/name: ${name}
    app.kubernetes.io/part-of: shop
spec:
  replicas: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: ${name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: ${name}
    spec:
      containers:
        - name: server
          image: registry.example.com/shop/${name}:1.4.2
          ports:
            - name: http
              containerPort: 8080
          env:
            - name: LOG_LEVEL
              value: info
          readinessProbe:
            httpGet:
              path: /healthz
              port: http
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
            limits:
              memory: 256Mi
`
}

function service(name: string, isGlobal: boolean): string {
  const annotations = isGlobal ? '  annotations:\n    service.cilium.io/global: "true"\n' : ''
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: shop
${annotations}spec:
  selector:
    app.kubernetes.io/name: ${name}
  ports:
    - name: http
      port: 80
      targetPort: http
`
}
