import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buildKustomization, formatResources } from '../src/delivery/render/kustomize/build-kustomization.js'
import { createDocumentCache } from '../src/delivery/render/kustomize/read-documents.js'
import { createMemoryTree } from '../src/delivery/render/memory-tree.js'
import type { Tree } from '../src/delivery/render/tree.js'
import { builtInSchemas } from '../src/kube/schema/built-in.js'
import type { BenchResult } from './contract.js'

/**
 * Builds of one overlay a second, printed as YAML: in this process, cold (files are parsed each time) and with parsed files
 * kept (as between commits), against starting `kubectl kustomize`. FLOTILLA_INPUTS adds a real application.
 */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = []
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-bench-'))
  try {
    for (const [path, text] of Object.entries(overlayFiles())) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    results.push(...(await measure('12 services with an overlay', folder, 'overlay')))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const inputs = process.env['FLOTILLA_INPUTS']
  if (inputs !== undefined) {
    const root = join(inputs, 'fixtures', 'online-boutique', 'kustomize')
    results.push(...(await measure('online boutique', root, 'base')))
    results.push(...(await measure('online boutique with all components', root, 'tests/memorystore-with-all-components')))
  }
  return results
}

async function measure(name: string, root: string, path: string): Promise<BenchResult[]> {
  const tree = readTree(root)
  const options = { schemas: builtInSchemas }
  const text = await build(tree, path, options)
  const cold = await buildsPerSecond(() => build(tree, path, options))
  const documents = createDocumentCache({ maxEntries: 1000 })
  const warm = await buildsPerSecond(() => build(tree, path, { ...options, documents }))
  const kubectl = kubectlBuildsPerSecond(join(root, path), text)
  const results: BenchResult[] = [
    { name: `kustomize, ${name}: cold`, unit: 'builds/s', measured: cold },
    { name: `kustomize, ${name}: parsed files kept`, unit: 'builds/s', measured: warm },
  ]
  if (typeof kubectl === 'string')
    return [...results, { name: `kustomize, ${name}: ratio`, unit: 'x', measured: Number.NaN, note: kubectl }]
  const note = `kubectl kustomize makes ${kubectl.toFixed(1)} builds/s`
  return [
    ...results,
    { name: `kustomize, ${name}: cold, times kubectl`, unit: 'x', measured: cold / kubectl, target: { atLeast: 20 }, note },
    {
      name: `kustomize, ${name}: parsed files kept, times kubectl`,
      unit: 'x',
      measured: warm / kubectl,
      target: { atLeast: 20 },
      note,
    },
  ]
}

async function build(tree: Tree, path: string, options: Parameters<typeof buildKustomization>[2]): Promise<string> {
  return formatResources((await buildKustomization(tree, path, options)).objects)
}

async function buildsPerSecond(run: () => Promise<unknown>): Promise<number> {
  const durationMs = 1000
  for (const start = performance.now(); performance.now() - start < durationMs / 2; ) await run()
  const start = performance.now()
  let count = 0
  while (performance.now() - start < durationMs) {
    await run()
    count++
  }
  return (count * 1000) / (performance.now() - start)
}

/** The same for starting kubectl; a text when it cannot be had, or prints something else. */
function kubectlBuildsPerSecond(folder: string, expected: string): number | string {
  const once = () => spawnSync('kubectl', ['kustomize', folder], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  const first = once()
  if (first.error !== undefined) return 'kubectl is not installed: no ratio'
  if (first.status !== 0) return `kubectl kustomize failed: ${first.stderr.trim()}`
  if (first.stdout !== expected) return 'kubectl kustomize prints something else: no ratio'
  const start = performance.now()
  let count = 0
  while (performance.now() - start < 1500) {
    once()
    count++
  }
  return (count * 1000) / (performance.now() - start)
}

function readTree(root: string): Tree {
  const files: Record<string, Uint8Array> = {}
  for (const entry of readdirSync(root, { recursive: true })) {
    const path = join(root, String(entry))
    if (statSync(path).isFile()) files[String(entry).replaceAll('\\', '/')] = readFileSync(path)
  }
  return createMemoryTree(files)
}

/** Twelve services of a usual kind, and an overlay that does the usual things to them. */
function overlayFiles(): Record<string, string> {
  const names = Array.from({ length: 12 }, (_, index) => `service-${index + 1}`)
  const files: Record<string, string> = {
    'base/kustomization.yaml': `resources:\n${names.map((name) => `- ${name}.yaml\n`).join('')}`,
    'overlay/kustomization.yaml': `resources:
- ../base
namespace: shop
namePrefix: eu-
labels:
- pairs: {team: shop}
  includeTemplates: true
commonAnnotations:
  contact: shop@example.com
images:
- name: registry.example.com/service-3
  newTag: 2.0.0
replicas:
- {name: service-1, count: 4}
configMapGenerator:
- name: settings
  literals: [REGION=eu, LOG=debug]
patches:
- path: resources.yaml
  target: {kind: Deployment, name: service-(1|2|4)}
- target: {kind: Service}
  patch: '[{"op": "add", "path": "/metadata/annotations/scrape", "value": "true"}]'
`,
    'overlay/resources.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: any
spec:
  template:
    spec:
      containers:
      - name: server
        resources:
          limits: {memory: 512Mi}
        env:
        - {name: GOGC, value: "50"}
`,
  }
  for (const name of names) files[`base/${name}.yaml`] = serviceManifests(name)
  return files
}

function serviceManifests(name: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels:
    app: ${name}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      serviceAccountName: ${name}
      securityContext:
        runAsNonRoot: true
        runAsUser: 1000
      containers:
      - name: server
        image: registry.example.com/${name}:1.4.2
        ports:
        - containerPort: 8080
        env:
        - name: PORT
          value: "8080"
        - name: REGION
          valueFrom:
            configMapKeyRef:
              name: settings
              key: REGION
        readinessProbe:
          initialDelaySeconds: 5
          grpc:
            port: 8080
        resources:
          requests:
            cpu: 100m
            memory: 64Mi
          limits:
            cpu: 200m
            memory: 128Mi
---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
  annotations:
    example.com/tier: backend
spec:
  type: ClusterIP
  selector:
    app: ${name}
  ports:
  - name: grpc
    port: 8080
    targetPort: 8080
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: ${name}
`
}
