import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buildKustomization, formatResources } from '../src/delivery/render/kustomize/build-kustomization.js'
import { createKustomizeRenderer } from '../src/delivery/render/kustomize/kustomize-renderer.js'
import { createDocumentCache } from '../src/delivery/render/kustomize/sources/read-documents.js'
import { createMemoryTree } from '../src/delivery/render/memory-tree.js'
import { createRenderCache } from '../src/delivery/render/render-cache.js'
import type { Tree } from '../src/delivery/render/tree.js'
import { builtInSchemas } from '../src/kube/schema/built-in.js'
import { askFlux } from '../test/support/peers/flux-peer.js'
import { findPeer } from '../test/support/peers/real-apiserver.js'
import type { BenchResult } from './contract.js'

/**
 * Builds of one overlay a second, printed as YAML: in this process, cold (files are parsed each time) and with parsed files
 * kept (as between commits), against starting `kustomize build`, and against its library in a process that lives on. FLOTILLA_INPUTS adds a real application. And 1,000 applications on
 * 100 clusters after a change of a file that all of them use.
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
  results.push(await measureFleet())
  const inputs = process.env['FLOTILLA_INPUTS']
  if (inputs !== undefined) {
    const root = join(inputs, 'fixtures', 'online-boutique', 'kustomize')
    results.push(...(await measure('online boutique', root, 'base')))
    results.push(...(await measure('online boutique with all components', root, 'tests/memorystore-with-all-components')))
  }
  return results
}

/** In rounds, so that what else the machine does falls on all of them: ours cold and warm, the program, its library. */
async function measure(name: string, root: string, path: string): Promise<BenchResult[]> {
  const tree = readTree(root)
  const options = { schemas: builtInSchemas }
  const text = await build(tree, path, options)
  const documents = createDocumentCache({ maxEntries: 1000 })
  const rounds: { cold: number; warm: number; real: number | string; library: number | string }[] = []
  for (let round = 0; round < 3; round++) {
    const cold = await buildsPerSecond(() => build(tree, path, options))
    const real = realBuildsPerSecond(join(root, path), text)
    const warm = await buildsPerSecond(() => build(tree, path, { ...options, documents }))
    const library = libraryBuildsPerSecond(join(root, path), text)
    rounds.push({ cold, warm, real, library })
  }
  const results: BenchResult[] = []
  for (const [what, ours] of [
    ['cold', 'cold'],
    ['parsed files kept', 'warm'],
  ] as const) {
    results.push({ name: `kustomize, ${name}: ${what}`, unit: 'builds/s', measured: median(rounds.map((round) => round[ours])) })
    for (const [peer, theirs, atLeast] of [
      ['the program', 'real', 20],
      ['the library in one Go process', 'library', 3],
    ] as const) {
      const problem = rounds.map((round) => round[theirs]).find((rate) => typeof rate === 'string')
      const rates = rounds.map((round) => Number(round[theirs]))
      const ratio = { name: `kustomize, ${name}: ${what}, times ${peer}`, unit: 'x' }
      if (problem !== undefined) results.push({ ...ratio, measured: Number.NaN, note: String(problem) })
      else {
        const measured = median(rounds.map((round, index) => round[ours] / rates[index]!))
        results.push({ ...ratio, measured, target: { atLeast }, note: `${peer} makes ${median(rates).toFixed(1)} builds/s` })
      }
    }
  }
  return results
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}

/** Of kustomize's own library in one Go process that lives on: no start, and its schemas are parsed once. */
function libraryBuildsPerSecond(folder: string, expected: string): number | string {
  const peer = findPeer('flux-kustomize')
  if ('reason' in peer) return `${peer.reason}: no ratio`
  const [answer] = askFlux(peer.path, [{ op: 'bench', path: folder, seconds: 0.8 }])
  const { output, error, builds = 0, seconds = 1 } = answer!
  if (error !== undefined) return `kustomize's library failed: ${error}`
  return output === expected ? builds / seconds : "kustomize's library prints something else: no ratio"
}

async function build(tree: Tree, path: string, options: Parameters<typeof buildKustomization>[2]): Promise<string> {
  return formatResources((await buildKustomization(tree, path, options)).objects)
}

async function buildsPerSecond(run: () => Promise<unknown>): Promise<number> {
  const durationMs = 500
  for (const start = performance.now(); performance.now() - start < durationMs / 2; ) await run()
  const start = performance.now()
  let count = 0
  while (performance.now() - start < durationMs) {
    await run()
    count++
  }
  return (count * 1000) / (performance.now() - start)
}

/** The same for starting kustomize; a text when it cannot be had, or prints something else. */
function realBuildsPerSecond(folder: string, expected: string): number | string {
  const peer = findPeer('kustomize')
  if ('reason' in peer) return `${peer.reason}: no ratio`
  const once = () => spawnSync(peer.path, ['build', folder], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  const first = once()
  if (first.status !== 0) return `kustomize build failed: ${first.stderr.trim()}`
  if (first.stdout !== expected) return 'kustomize build prints something else: no ratio'
  const start = performance.now()
  let count = 0
  while (performance.now() - start < 800) {
    once()
    count++
  }
  return (count * 1000) / (performance.now() - start)
}

/** Through the render cache: every application is built again, with the parsed files of what has not changed. */
async function measureFleet(): Promise<BenchResult> {
  const cache = createRenderCache({ maxEntries: 20_000 })
  const renderer = createKustomizeRenderer({ schemas: builtInSchemas })
  const renderAll = async (image: string) => {
    const tree = createMemoryTree(fleetFiles(image))
    const start = performance.now()
    for (let cluster = 0; cluster < 100; cluster++) {
      for (let application = 0; application < 10; application++) {
        const path = `clusters/c${cluster}/app${application}`
        const target = { namespace: 'shop' }
        const { objects } = await cache.render(renderer, { tree, path, options: {}, target })
        if (!JSON.stringify(objects).includes(image)) throw new Error(`${path} was not built anew`)
      }
    }
    return (performance.now() - start) / 1000
  }
  await renderAll('registry.example.com/web:1')
  const measured = await renderAll('registry.example.com/web:2')
  const { hits, misses } = cache.statistics()
  if (misses !== 2000) throw new Error(`${misses} builds and ${hits} hits, expected 2000 builds`)
  return {
    name: 'kustomize, 1,000 applications on 100 clusters after one base file changed',
    unit: 's',
    measured,
    target: { atMost: 5 },
  }
}

function fleetFiles(image: string): Record<string, string> {
  const files: Record<string, string> = {
    'base/kustomization.yaml':
      'resources: [web.yaml, cache.yaml]\nconfigMapGenerator: [{name: settings, literals: [LOG=info]}]\n',
    'base/web.yaml': serviceManifests('web').replace('registry.example.com/web:1.4.2', image),
    'base/cache.yaml': serviceManifests('cache'),
  }
  for (let cluster = 0; cluster < 100; cluster++) {
    for (let application = 0; application < 10; application++) {
      files[`clusters/c${cluster}/app${application}/kustomization.yaml`] = `resources: [../../../base]
namespace: app-${application}
namePrefix: c${cluster}-
labels: [{pairs: {cluster: c${cluster}}, includeTemplates: true}]
replicas: [{name: web, count: ${1 + (application % 5)}}]
configMapGenerator: [{name: settings, behavior: merge, literals: [REGION=r${cluster}]}]
patches:
- target: {kind: Deployment}
  patch: '[{"op": "add", "path": "/spec/template/spec/containers/0/env/-", "value": {"name": "APP", "value": "${application}"}}]'
`
    }
  }
  return files
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
