import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import type { ReportInput } from '../../areas/analysis/report/report-format.js'
import { UsageError } from '../../base/errors.js'
import { type CheckRequest, findCheck, hasFailed, runCheck } from './run-check.js'

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function folderOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-check-'))
  folders.push(folder)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

async function check(folder: string, request: Partial<CheckRequest> = {}): Promise<{ report: ReportInput; lines: string[] }> {
  const report = await runCheck({
    paths: [folder],
    contexts: [],
    allContexts: false,
    fix: false,
    env: {},
    readStdin: async () => '',
    ...request,
  })
  const lines = report.findings.map(({ severity, check, sides }) => {
    const { file, line, column } = sides[0]!.place
    return `${severity} ${file.replace(`${folder}/`, '')}:${line}:${column} ${check.id}`
  })
  return { report, lines }
}

const serviceImport = (annotations = '') => `# kept
apiVersion: multicluster.x-k8s.io/v1alpha1
kind: ServiceImport
metadata:
  name: db
  namespace: prod
${annotations}spec:
  type: ClusterSetIP
  ports: [{port: 5432, protocol: TCP}]
`

test('a kustomization is rendered, and findings point into its files', async () => {
  const folder = folderOf({
    'base/import.yaml': serviceImport(),
    'base/kustomization.yaml': 'resources: [import.yaml]\n',
    'overlays/a/kustomization.yaml': 'namePrefix: a-\nresources: [../../base]\n',
    'overlays/b/kustomization.yaml': 'resources: [../../base]\npatches: [{path: patch.yaml}]\n',
    'overlays/b/patch.yaml':
      'apiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceImport\nmetadata: {name: db, namespace: prod, labels: {a: b}}\n',
  })
  const { lines, report } = await check(folder)
  assert.deepEqual(lines, ['warning base/import.yaml:3:7 service-import-by-hand'])
  assert.deepEqual(
    report.findings.map(({ message }) => message),
    ['ServiceImport a-db is applied by hand (the same of 1 more that is made of it)'],
  )
})

test('what a patch brings in stands in the patch', async () => {
  const deployment = (image: string, port: string) =>
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec:\n  template:\n    spec:\n      containers:\n        - name: api\n${image}          ports: [{containerPort: 80, protocol: ${port}}]\n`
  const base = deployment('          image: nginx:1.27\n', 'TCP').replace(
    '  template:\n',
    '  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n',
  )
  const folder = folderOf({
    'base/api.yaml': base,
    'base/kustomization.yaml': 'resources: [api.yaml]\n',
    'over/kustomization.yaml': 'namePrefix: a-\nresources: [../base]\npatches: [{path: a.yaml}]\n',
    'over/a.yaml': deployment('', 'tcp'),
  })
  assert.deepEqual((await check(folder)).lines, ['error over/a.yaml:9:49 object-refused'])
})

test('a kustomization that does not build is an error, one that needs the network is a note', async () => {
  const folder = folderOf({
    'a/kustomization.yaml': 'resources: [missing.yaml]\n',
    'd/kustomization.yaml': 'secretGenerator: [{name: a, files: [token]}]\n',
    'b/kustomization.yaml': 'resources: ["https://github.com/org/repo//base?ref=v1"]\n',
    'c/kustomization.yaml': 'generators: [generator.yaml]\n',
    'c/generator.yaml': 'apiVersion: policy.open-cluster-management.io/v1\nkind: PolicyGenerator\nmetadata: {name: a}\n',
  })
  const { lines } = await check(folder)
  assert.deepEqual(lines, [
    'error a/kustomization.yaml:1:1 unreadable-input',
    'note b/kustomization.yaml:1:1 unreadable-input',
    'note c/kustomization.yaml:1:1 unreadable-input',
    'warning d/kustomization.yaml:1:1 unreadable-input',
  ])
})

test('a kustomization that takes files from beside it is rendered with a note, and nothing outside of the inputs is read', async () => {
  const folder = folderOf({
    'inputs/bases/import.yaml': serviceImport(),
    'inputs/a/kustomization.yaml': 'resources: [../bases/import.yaml]\n',
    'outside/import.yaml': serviceImport(),
  })
  const inputs = join(folder, 'inputs')
  assert.deepEqual((await check(inputs)).lines, [
    'note a/kustomization.yaml:1:1 unreadable-input',
    'warning bases/import.yaml:3:7 service-import-by-hand',
  ])
  writeFileSync(join(inputs, 'a/kustomization.yaml'), 'resources: [../../outside/import.yaml]\n')
  assert.deepEqual((await check(inputs)).lines, [
    'error a/kustomization.yaml:1:1 unreadable-input',
    'warning bases/import.yaml:3:7 service-import-by-hand',
  ])
})

test('a chart is rendered with its own values', async () => {
  const folder = folderOf({
    'chart/Chart.yaml': 'apiVersion: v2\nname: db\nversion: 1.0.0\n',
    'chart/values.yaml': 'enabled: true\n',
    'chart/templates/import.yaml': `{{- if .Values.enabled }}\n${serviceImport()}{{- end }}\n`,
  })
  const { lines } = await check(folder)
  assert.deepEqual(lines, ['warning chart/templates/import.yaml:4:1 service-import-by-hand'])
})

test('what a chart makes stands in its template, though a kustomization has an object of that name', async () => {
  const folder = folderOf({
    'base/import.yaml': serviceImport(),
    'base/kustomization.yaml': 'resources: [import.yaml]\n',
    'chart/Chart.yaml': 'apiVersion: v2\nname: db\nversion: 1.0.0\n',
    'chart/templates/import.yaml': serviceImport().replace('5432', '5433'),
  })
  assert.deepEqual((await check(folder)).lines, [
    'warning base/import.yaml:3:7 service-import-by-hand',
    'warning chart/templates/import.yaml:3:1 service-import-by-hand',
  ])
})

test('an ApplicationSet whose generators contradict each other, or that makes one name twice', async () => {
  const set = (generators: string, name: string) => `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: shop, namespace: argocd}
spec:
  generators: ${generators}
  template:
    metadata: {name: '${name}'}
    spec: {project: default, source: {repoURL: "https://git.example.com/a.git", path: a, targetRevision: main}, destination: {server: "{{server}}", namespace: a}}
`
  const cluster = (name: string) =>
    `apiVersion: v1\nkind: Secret\nmetadata: {name: ${name}, namespace: argocd, labels: {argocd.argoproj.io/secret-type: cluster, env: prod}}\nstringData: {name: ${name}, server: "https://${name}.example.com", config: "{}"}\n`
  const clusters = 'clusters: {selector: {matchLabels: {env: prod}}}'
  const files = (path: string) =>
    `[{matrix: {generators: [{${clusters}}, {git: {repoURL: "https://git.example.com/a.git", revision: main, files: [{path: "${path}"}]}}]}}]`
  const folder = folderOf({
    'clash.yaml': set(files('envs/*.json'), '{{name}}'),
    'sound.yaml': set(files('sizes/*.json'), '{{name}}').replace('name: shop', 'name: sized'),
    'twice.yaml': set(`[{${clusters}}]`, 'shop').replace('name: shop,', 'name: twice,'),
    'a.yaml': cluster('a'),
    'b.yaml': cluster('b'),
    'envs/c.json': '{"name": "c"}',
    'sizes/c.json': '{"size": "c"}',
  })
  assert.deepEqual((await check(folder)).lines, [
    'error clash.yaml:5:3 application-set-generates-nothing',
    'error twice.yaml:6:3 application-set-generates-nothing',
  ])
})

test('an ApplicationSet that would make millions is left alone', async () => {
  const elements = (key: string) => Array.from({ length: 1500 }, (_, index) => `{${key}${index}: "v"}`).join(',')
  const folder = folderOf({
    'a.yaml': `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: a, namespace: argocd}
spec:
  generators: [{matrix: {generators: [{list: {elements: [${elements('a')}]}}, {list: {elements: [${elements('b')}]}}]}}]
  template: {metadata: {name: same}, spec: {project: default, destination: {server: "https://a.example"}, source: {repoURL: "https://git.example.com/a.git", path: a, targetRevision: main}}}
`,
  })
  assert.deepEqual((await check(folder)).lines, [])
})

test('suppressions need a reason and something to suppress', async () => {
  const folder = folderOf({
    'flotilla.yaml': `ignore:
  - check: service-import-by-hand
    path: ignored
    reason: adopted
  - check: service-import-by-hand
    object: ServiceImport prod/other
    reason: gone
  - check: service-import-by-hand
`,
    'ignored/a.yaml': serviceImport(),
    'b.yaml': serviceImport(
      '  annotations:\n    flotilla.dev/ignore-checks: "service-import-by-hand: told why; other-check: x"\n',
    ),
  })
  const { lines, report } = await check(folder)
  assert.deepEqual(lines, [
    'warning b.yaml:8:5 unused-suppression',
    'warning flotilla.yaml:5:12 unused-suppression',
    'error flotilla.yaml:8:5 unreadable-input',
  ])
  assert.deepEqual(report.suppressed.map(({ reason }) => reason).sort(), ['adopted', 'told why'])
  assert.ok(hasFailed(report, 'warning') && hasFailed(report, 'error'))
})

test('--fix changes what it may and keeps the rest, with the line ends of the file', async () => {
  const text = `# about it\r\napiVersion: types.kubefed.io/v1beta1\r\nkind: FederatedNamespace\r\nmetadata:\r\n  name: app # its name\r\n  namespace: kube-federation-system\r\nspec:\r\n  placement: {clusters: []}\r\n`
  const folder = folderOf({ 'a.yaml': text })
  const { report } = await check(folder, { fix: true })
  assert.equal(report.summary.fixed, 1)
  assert.equal(readFileSync(join(folder, 'a.yaml'), 'utf8'), text.replace('kube-federation-system', 'app'))
  assert.deepEqual(
    (await check(folder)).lines.filter((line) => line.includes('misplaced')),
    [],
  )
})

test('--fix makes an edit once, by however many paths the file is named', async () => {
  const text = `apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selectr: {app: web}
  ports: [{port: "80"}]
`
  const mended = text.replace('selectr', 'selector').replace('"80"', '80')
  const folder = folderOf({ 'below/a.yaml': text })
  const path = join(folder, 'below/a.yaml')
  const twice = await check(folder, { paths: [folder, path, `${folder}/./below/`, path], fix: true })
  assert.equal(readFileSync(path, 'utf8'), mended)
  assert.deepEqual([twice.report.summary.fixed, twice.report.summary.documents], [2, 1])
  writeFileSync(path, text)
  symlinkSync(path, join(folder, 'link.yaml'))
  assert.equal((await check(folder, { paths: [path, join(folder, 'link.yaml')], fix: true })).report.summary.fixed, 2)
  assert.equal(readFileSync(path, 'utf8'), mended)
  assert.equal((await check(folder, { fix: true })).report.summary.fixed, 0)
})

test('--fix leaves a file alone that is no UTF-8: it would not be the same written back', async () => {
  const folder = folderOf({})
  const path = join(folder, 'a.yaml')
  const bytes = Buffer.from(
    '# M\u00fcller\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: "80"}]}\n',
    'latin1',
  )
  writeFileSync(path, bytes)
  const { report, lines } = await check(folder, { fix: true })
  assert.equal(report.summary.fixed, 0)
  assert.deepEqual(lines, ['error a.yaml:5:23 field-type'])
  assert.deepEqual(readFileSync(path), bytes)
})

test('a kubeconfig that is not there is a mistake of the caller', async () => {
  const kubeconfig = join(folderOf({}), 'config')
  await assert.rejects(check('', { paths: [], contexts: ['a'], kubeconfig }), UsageError)
})

test('JSON with a byte order mark is read as kubectl reads it', async () => {
  const folder = folderOf({ 'a.json': '\ufeff{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}\n' })
  const { report, lines } = await check(folder)
  assert.deepEqual([lines, report.summary.documents], [[], 1])
})

test('--fix changes nothing that a link leads to, and nothing called stdin.yaml', async () => {
  const text = 'apiVersion: types.kubefed.io/v1beta1\nkind: FederatedNamespace\nmetadata: {name: app, namespace: other}\n'
  const elsewhere = folderOf({ 'a.yaml': text })
  const folder = folderOf({})
  symlinkSync(join(elsewhere, 'a.yaml'), join(folder, 'a.yaml'))
  symlinkSync(elsewhere, join(folder, 'below'))
  assert.equal((await check(folder, { fix: true })).report.summary.documents, 0)
  assert.equal(readFileSync(join(elsewhere, 'a.yaml'), 'utf8'), text)
  await assert.rejects(check('', { paths: ['-'], fix: true, readStdin: async () => text }), UsageError)
})

test('a file that is no text is never clean', async () => {
  const folder = folderOf({ 'a.yaml': 'apiVersion: v1\u0000\n', 'notes.md': '\u0000' })
  assert.deepEqual((await check(folder)).lines, ['error a.yaml:0:0 unreadable-input'])
})

test('standard input, and paths that are not there', async () => {
  const { lines } = await check('', { paths: ['-'], readStdin: async () => serviceImport() })
  assert.deepEqual(lines, ['warning stdin.yaml:3:7 service-import-by-hand'])
  await assert.rejects(
    check('', { paths: ['/nowhere/at/all'] }),
    (error) => error instanceof UsageError && error.code === 'check-path',
  )
})

test('a cluster that does not answer is said, and never clean', async () => {
  const folder = folderOf({
    kubeconfig:
      'apiVersion: v1\nkind: Config\nclusters: [{name: a, cluster: {server: "https://127.0.0.1:1"}}]\nusers: []\ncontexts: [{name: a, context: {cluster: a, user: ""}}]\n',
  })
  const { report } = await check(folder, { paths: [], allContexts: true, kubeconfig: join(folder, 'kubeconfig') })
  assert.equal(report.findings.length, 1)
  assert.match(report.findings[0]!.message, /^the cluster cannot be read: /)
  assert.ok(hasFailed(report, 'error'))
})

test('checks are found by their id, near misses too', () => {
  assert.equal(findCheck('pod-cidr-overlap').topic, 'network')
  assert.throws(() => findCheck('pod-cidr-overlapp'), /did you mean pod-cidr-overlap/)
})
