import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createSeededRandom } from '../src/base/random.js'
import { loadChart } from '../src/delivery/render/helm/chart/load-chart.js'
import { readChartFiles } from '../src/delivery/render/helm/chart/read-chart-files.js'
import { formatOutput } from '../src/delivery/render/helm/output/format-output.js'
import { templateChart } from '../src/delivery/render/helm/template-chart.js'
import { createMemoryTree } from '../src/delivery/render/memory-tree.js'
import { findPeer } from '../test/support/peers/real-apiserver.js'
import type { BenchResult } from './contract.js'

/**
 * A chart of 100 templates with helpers, printed as `helm template` prints it: in this process, loaded from its files each
 * time (parsed templates are kept), against starting `helm template`.
 */
export async function run(): Promise<BenchResult[]> {
  const files = chartFiles(100)
  const tree = createMemoryTree(files)
  const ports = { clock: { now: () => 0 }, random: createSeededRandom(1), warn: () => {} }
  const render = async () => {
    const chart = loadChart(await readChartFiles(tree, ''), { warn: () => {} })
    return formatOutput(templateChart(chart, { releaseName: 'rel' }, ports))
  }
  const firstAt = performance.now()
  const text = await render()
  const first = performance.now() - firstAt
  for (let count = 0; count < 60; count++) await render()
  const times: number[] = []
  while (times.length < 60) {
    const at = performance.now()
    await render()
    times.push(performance.now() - at)
  }
  const warm = times.sort((a, b) => a - b)[times.length / 2]!
  const results: BenchResult[] = [
    { name: 'helm, 100 templates: first time', unit: 'ms', measured: first },
    { name: 'helm, 100 templates: again', unit: 'ms', measured: warm, target: { atMost: 50 } },
    { name: 'helm, 100 templates: renders', unit: 'renders/s', measured: 1000 / warm },
  ]
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-bench-'))
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), content)
    }
    return [
      ...results,
      comparison(
        'times the program',
        10,
        warm,
        programMilliseconds(folder, text),
        (ms) => `helm template, a process each time, takes ${ms.toFixed(0)} ms`,
      ),
      comparison(
        'times the engine',
        1,
        warm,
        engineMilliseconds(folder, text),
        (ms) => `Helm's packages in one Go process take ${ms.toFixed(1)} ms`,
      ),
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function comparison(
  what: string,
  atLeast: number,
  ours: number,
  theirs: number | string,
  note: (ms: number) => string,
): BenchResult {
  const name = `helm, 100 templates: ${what}`
  if (typeof theirs === 'string') return { name, unit: 'x', measured: Number.NaN, note: theirs }
  return { name, unit: 'x', measured: theirs / ours, target: { atLeast }, note: note(theirs) }
}

function chartFiles(count: number): Record<string, string> {
  const files: Record<string, string> = {
    'Chart.yaml': 'apiVersion: v2\nname: bench\nversion: 1.0.0\n',
    'values.yaml':
      'replicas: 2\nimage: {repository: nginx, tag: "1.27"}\nports: [80, 443]\nresources: {limits: {cpu: 100m, memory: 64Mi}}\n',
    'templates/_helpers.tpl':
      '{{- define "bench.name" -}}{{ printf "%s-%s" .root.Release.Name .name | trunc 63 | trimSuffix "-" }}{{- end -}}\n' +
      '{{- define "bench.labels" -}}\napp.kubernetes.io/name: {{ include "bench.name" . }}\napp.kubernetes.io/instance: {{ .root.Release.Name }}\n{{- end -}}\n',
  }
  for (let index = 0; index < count; index++) {
    files[`templates/deployment-${index}.yaml`] = `{{- $context := dict "root" . "name" "service-${index}" }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "bench.name" $context }}
  labels: {{- include "bench.labels" $context | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {{- include "bench.labels" $context | nindent 6 }}
  template:
    metadata:
      labels: {{- include "bench.labels" $context | nindent 8 }}
    spec:
      containers:
        - name: main
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          ports:
            {{- range .Values.ports }}
            - containerPort: {{ . }}
            {{- end }}
          {{- with .Values.resources }}
          resources: {{- toYaml . | nindent 12 }}
          {{- end }}
`
  }
  return files
}

/** The median of a few runs, or why there is none. */
function programMilliseconds(folder: string, expected: string): number | string {
  const helm = findPeer('helm3')
  if ('reason' in helm) return helm.reason
  const times: number[] = []
  for (let count = 0; count < 7; count++) {
    const at = performance.now()
    const { stdout } = spawnSync(helm.path, ['template', 'rel', folder], { encoding: 'utf8', maxBuffer: 1 << 26 })
    times.push(performance.now() - at)
    if (stdout !== expected) return 'helm template prints something else'
  }
  return times.sort((a, b) => a - b)[3]!
}

/** The same work by Helm's own packages in one process that lives on (tools/peers/helm-engine). */
function engineMilliseconds(folder: string, expected: string): number | string {
  const engine = findPeer('helm-engine')
  if ('reason' in engine) return engine.reason
  const { stdout, stderr } = spawnSync(engine.path, [folder, '60'], { encoding: 'utf8', maxBuffer: 1 << 26 })
  const end = stdout.indexOf('\n')
  if (end === -1) return stderr.trim()
  if (stdout.slice(end + 1) !== expected) return "Helm's packages give something else"
  return (JSON.parse(stdout.slice(0, end)) as { medianMs: number }).medianMs
}
