import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { applicationSetType } from '../src/dialects/argo-cd/kinds/resource-types.js'
import type { KubeObject } from '../src/kube/object/kube-object.js'
import type { BenchResult } from './contract.js'
import { startBenchFleet, untilAllHealthy } from './fleet.support.js'

const members = 100
const services = 10

/** 100 members x 10 applications (a ConfigMap and a Deployment each), cold: all 1,000 Synced and Healthy in < 30 s. */
export async function run(): Promise<BenchResult[]> {
  const fleet = await startBenchFleet('--clusters', String(members), '--no-demo')
  try {
    const hub = await fleet.client('hub')
    const before = fleet.memoryMiB()
    const url = seed(fleet.directory)
    const start = Date.now()
    await hub.patch(
      { type: applicationSetType, namespace: 'argocd', name: 'services' },
      { kind: 'apply', object: applicationSet(url) },
      { fieldManager: 'bench' },
    )
    const ms = await untilAllHealthy(hub, members * services, start, 300_000)
    const memory = fleet.memoryMiB()
    return [
      { name: '100 x 10 applications, cold: all Synced and Healthy', unit: 's', measured: ms / 1000, target: { atMost: 30 } },
      { name: '100 x 10 applications: rate', unit: 'applications/s', measured: (members * services) / (ms / 1000) },
      {
        name: '100 x 10 applications: one more costs',
        unit: 'KiB',
        measured: ((memory - before) * 1024) / (members * services),
        note: 'resident memory, members and their pods included',
      },
    ]
  } finally {
    fleet.stop()
  }
}

function seed(directory: string): string {
  const work = join(directory, 'services-repository')
  for (let index = 0; index < services; index++) {
    const name = `service-${index}`
    const folder = join(work, 'services', name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'kustomization.yaml'), 'resources:\n  - deployment.yaml\n  - config.yaml\n')
    writeFileSync(
      join(folder, 'config.yaml'),
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  text: ${'x'.repeat(1024)}\n`,
    )
    writeFileSync(
      join(folder, 'deployment.yaml'),
      `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      containers:
        - name: web
          image: nginx:1.27
`,
    )
  }
  const git = (...args: string[]) => execFileSync('git', args, { cwd: work, stdio: 'ignore' })
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('-c', 'user.name=bench', '-c', 'user.email=bench@example.com', 'commit', '-qm', 'services')
  return `file://${work}`
}

function applicationSet(url: string): KubeObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'ApplicationSet',
    metadata: { name: 'services', namespace: 'argocd' },
    spec: {
      goTemplate: true,
      goTemplateOptions: ['missingkey=error'],
      generators: [
        {
          matrix: {
            generators: [
              { clusters: { selector: { matchExpressions: [{ key: 'env', operator: 'Exists' }] } } },
              { git: { repoURL: url, revision: 'main', directories: [{ path: 'services/*' }] } },
            ],
          },
        },
      ],
      template: {
        metadata: { name: '{{ .path.basename }}-{{ .name }}' },
        spec: {
          project: 'default',
          source: { repoURL: url, targetRevision: 'main', path: '{{ .path.path }}' },
          destination: { server: '{{ .server }}', namespace: '{{ .path.basename }}' },
          syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: ['CreateNamespace=true'] },
        },
      },
    },
  }
}
