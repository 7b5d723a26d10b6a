import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { renderChartCommand } from '../../src/app/rendering/render-chart-command.js'
import { renderKustomizeCommand } from '../../src/app/rendering/render-kustomize-command.js'
import { messageOf } from '../../src/base/errors.js'
import { createKubeconfig } from '../../src/kube/client/create-kubeconfig.js'
import { type ChartServer, startChartServer } from '../support/fakes/chart-server.js'
import { packChart } from '../support/fakes/pack-chart.js'
import { findPeer } from '../support/peers/real-apiserver.js'
import { type EmbeddedApi, startEmbeddedApi } from '../support/worlds/embedded-api.js'

// `lookup`, .Capabilities and --validate against an embedded cluster, and charts in kustomizations: as helm and kustomize do it.
const helm3 = findPeer('helm3')
const helm4 = findPeer('helm4')
const kustomize = findPeer('kustomize')
const skip = 'reason' in helm3 ? helm3.reason : 'reason' in helm4 ? helm4.reason : false
const programs = { 3: 'path' in helm3 ? helm3.path : '', 4: 'path' in helm4 ? helm4.path : '' }

let api: EmbeddedApi | undefined
let charts: ChartServer | undefined
let work = ''
const env: Record<string, string> = {}

const templates: Record<string, string> = {
  lookup: `kind: ConfigMap
apiVersion: v1
metadata: {name: looked-up}
data:
  one: {{ (lookup "v1" "ConfigMap" "shop" "kept").data.token | quote }}
  missing: {{ lookup "v1" "ConfigMap" "shop" "none" | toJson | quote }}
  list: {{ range (lookup "v1" "ConfigMap" "shop" "").items }}{{ .metadata.name }} {{ end }}
  all: {{ range (lookup "v1" "Namespace" "" "").items }}{{ if hasPrefix "shop" .metadata.name }}{{ .metadata.name }}{{ end }}{{ end }}
  replicas: {{ (lookup "apps/v1" "Deployment" "shop" "web").spec.replicas | quote }}
  sum: {{ add 1 (lookup "apps/v1" "Deployment" "shop" "web").spec.replicas }}
  type: {{ printf "%T" (lookup "apps/v1" "Deployment" "shop" "web").spec.replicas }}
  kind: {{ (lookup "v1" "ConfigMap" "shop" "").kind }}
  labels: {{ (lookup "v1" "ConfigMap" "shop" "kept").metadata.labels | toJson | quote }}
`,
  caps: `kind: ConfigMap
apiVersion: v1
metadata: {name: caps}
data:
  version: {{ .Capabilities.KubeVersion.Version }} {{ .Capabilities.KubeVersion.Major }}-{{ .Capabilities.KubeVersion.Minor }}
  has: {{ range list "apps/v1" "apps/v1/Deployment" "v1/Pod" "no.such/v1" "apps/v1/Scale" "v1/Eviction" "batch/v1/Job" "apps/v1beta1" }}{{ $.Capabilities.APIVersions.Has . }} {{ end }}
`,
  unknown: 'a: {{ lookup "no.such/v1" "Thing" "" "x" }}\n',
  mapping: 'apiVersion: no.such/v1\nkind: Thing\nmetadata: {name: x}\n',
  conflict: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kept, namespace: shop}\n',
  owned: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: owned, namespace: shop}\n',
}

function write(folder: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

before(async () => {
  if (skip) return
  work = mkdtempSync(join(tmpdir(), 'flotilla-cluster-'))
  api = await startEmbeddedApi()
  const create = async (path: string, body: unknown) => assert.equal((await api!.ask('POST', path, { body })).code, 201)
  await create('/api/v1/namespaces', { metadata: { name: 'shop' } })
  await create('/api/v1/namespaces/shop/configmaps', { metadata: { name: 'kept', labels: { a: 'b' } }, data: { token: 'abc' } })
  await create('/api/v1/namespaces/shop/configmaps', {
    metadata: {
      name: 'owned',
      labels: { 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: { 'meta.helm.sh/release-name': 'rel', 'meta.helm.sh/release-namespace': 'shop' },
    },
  })
  const labels = { app: 'web' }
  await create('/apis/apps/v1/namespaces/shop/deployments', {
    metadata: { name: 'web' },
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
    },
  })
  const tls = {
    caPem: api.ca.certPem,
    certPem: api.admin.certPem,
    keyPem: api.admin.keyPem,
    insecure: false,
    serverName: undefined,
  }
  const kubeconfig = createKubeconfig([
    {
      name: 'member',
      namespace: 'shop',
      connection: { server: `https://127.0.0.1:${api.port}`, tls, auth: { kind: 'none' } },
    },
  ])
  write(work, { kubeconfig })
  for (const [name, template] of Object.entries(templates))
    write(join(work, name), { 'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n`, 'templates/a.yaml': template })
  Object.assign(env, { HOME: work, PATH: '/usr/bin:/bin', KUBECONFIG: join(work, 'kubeconfig') })
})

after(async () => {
  await api?.close()
  await charts?.close()
  if (work !== '') rmSync(work, { recursive: true, force: true })
})

function run(program: string, args: readonly string[]): Promise<{ out: string; error: string }> {
  return new Promise((done) => {
    execFile(program, args, { cwd: work, env, maxBuffer: 1 << 26 }, (failure, stdout, stderr) => {
      const error = failure === null ? '' : stderr.slice(stderr.search(/^Error: /m) + 'Error: '.length)
      done({ out: stdout, error: error.replace('\n\nUse --debug flag to render out invalid YAML', '').trimEnd() })
    })
  })
}

async function ours(args: readonly string[], flags: object): Promise<{ out: string; error: string }> {
  let out = ''
  const io = { out: (text: string) => void (out += text), err: () => {}, env, readStdin: async () => '' }
  try {
    await renderChartCommand(args, flags, io)
    return { out, error: '' }
  } catch (error) {
    return { out, error: messageOf(error) }
  }
}

const cases: readonly { chart: string; args: string[]; flags: object }[] = [
  { chart: 'lookup', args: ['--dry-run=server'], flags: { dryRun: 'server' } },
  { chart: 'caps', args: [], flags: {} },
  { chart: 'caps', args: ['--dry-run=server'], flags: { dryRun: 'server' } },
  { chart: 'caps', args: ['--validate'], flags: { validate: true } },
  { chart: 'unknown', args: ['--dry-run=server'], flags: { dryRun: 'server' } },
  { chart: 'unknown', args: [], flags: {} },
  { chart: 'mapping', args: ['--validate'], flags: { validate: true } },
  { chart: 'conflict', args: ['--validate'], flags: { validate: true } },
  { chart: 'owned', args: ['--validate'], flags: { validate: true } },
  { chart: 'caps', args: ['--validate', '--kube-context', 'nobody'], flags: { validate: true, kubeContext: 'nobody' } },
]

for (const major of [3, 4] as const)
  for (const { chart, args, flags } of cases)
    test(`helm ${major}: ${chart} ${args.join(' ')}`, { skip }, async () => {
      const theirs = await run(programs[major], ['template', 'rel', join(work, chart), ...args])
      const found = await ours(['rel', join(work, chart)], { ...flags, helmVersion: String(major) })
      if (args.includes('nobody')) {
        assert.notEqual(theirs.error, '')
        assert.match(found.error, /luster unreachable: kubeconfig: there is no context "nobody"/)
      } else assert.deepEqual(found, theirs)
    })

test('--context: lookup and .Capabilities of that cluster, without any check', { skip }, async () => {
  const { out, error } = await ours(['rel', join(work, 'lookup')], { context: 'member' })
  assert.equal(error, '')
  assert.match(out, /one: "abc"/)
  assert.match(
    (await ours(['rel', join(work, 'caps')], { context: 'member' })).out,
    /has: true true true false true true true false/,
  )
  assert.equal((await ours(['rel', join(work, 'conflict')], { context: 'member' })).error, '')
})

const noKustomize = 'reason' in kustomize ? kustomize.reason : skip
test('charts in kustomizations are fetched and rendered as kustomize does it', { skip: noKustomize }, async () => {
  const packed = packChart('web', {
    'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.2.0\n',
    'values.yaml': 'color: red\n',
    'templates/a.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}-web}\ndata: {color: {{ .Values.color }}, kube: {{ .Capabilities.KubeVersion.Version }}}\n',
  })
  const index = 'apiVersion: v1\nentries:\n  web:\n  - {name: web, version: 1.2.0, urls: [web-1.2.0.tgz]}\n'
  charts = await startChartServer((path) => ({ body: path.endsWith('.tgz') ? packed : index }))
  const kustomization = `helmCharts:\n- {name: web, repo: "${charts.url}", version: 1.2.0, releaseName: r, valuesInline: {color: blue}}\nnamePrefix: p-\n`
  write(join(work, 'k1'), { 'kustomization.yaml': kustomization })
  write(join(work, 'k2'), { 'kustomization.yaml': kustomization })
  const program = 'path' in kustomize ? kustomize.path : ''
  const args = ['build', '--enable-helm', '--helm-command', programs[3], '--helm-kube-version', 'v1.30.1', join(work, 'k1')]
  const theirs = await run(program, args)
  const notices: string[] = []
  const found = await renderKustomizeCommand(
    join(work, 'k2'),
    { enableHelm: true, helmCommand: '/bin/false', helmKubeVersion: 'v1.30.1' },
    (message) => notices.push(message),
  )
  assert.equal(theirs.error, '')
  assert.equal(found, theirs.out)
  assert.match(notices[0] ?? '', /--helm-command \/bin\/false is ignored/)
})
