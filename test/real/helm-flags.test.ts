import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { after, before, test } from 'node:test'
import { Command } from 'commander'
import { messageOf } from '../../src/base/errors.js'
import { renderCommand } from '../../src/cli/commands/render.js'
import { type ChartServer, digestOf, startChartServer, startRegistry } from '../support/fakes/chart-server.js'
import { packChart } from '../support/fakes/pack-chart.js'
import { findPeer } from '../support/peers/real-apiserver.js'

// Every flag of `helm template`, as helm 3 and helm 4 take it and as `flotilla render helm` does: the same output, the same
// files, the same errors. Charts come from a directory, a repository with a password, one with TLS, and a registry.
const helm3 = findPeer('helm3')
const helm4 = findPeer('helm4')
const skip = 'reason' in helm3 ? helm3.reason : 'reason' in helm4 ? helm4.reason : false
const programs = { 3: 'path' in helm3 ? helm3.path : '', 4: 'path' in helm4 ? helm4.path : '' }

interface Outcome {
  readonly code: number
  readonly out: string
  readonly error: string
}

let work = ''
const servers: ChartServer[] = []
const env: Record<string, string> = {}
const place: Record<string, string> = {}

function files(version: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    'Chart.yaml': `apiVersion: v2\nname: web\nversion: ${version}\nappVersion: "${version}"\n`,
    'values.yaml': 'name: web\nnested: {a: 1, b: null}\nlist: [1, 2]\n',
    'templates/a.yaml':
      'kind: ConfigMap\nmetadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}\ndata:\n  values: {{ .Values | toJson | quote }}\n  version: {{ .Chart.Version }}\n  kube: {{ .Capabilities.KubeVersion.Version }}\n  upgrade: {{ .Release.IsUpgrade }}\n  apis: {{ .Capabilities.APIVersions.Has "x.io/v1" }}\n',
    'templates/b.yaml': 'kind: Service\nmetadata: {name: b}\n---\nkind: Service\nmetadata: {name: c}\n',
    'templates/hook.yaml':
      'kind: Job\nmetadata: {name: h, annotations: {helm.sh/hook: pre-install}}\n---\nkind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\n',
    'templates/NOTES.txt': 'notes of {{ .Chart.Version }}\n',
    'crds/crd.yaml': 'kind: CustomResourceDefinition\nmetadata: {name: crd}\n',
    ...more,
  }
}

function write(folder: string, content: Record<string, string | Uint8Array>): string {
  for (const [path, text] of Object.entries(content)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

function index(url: string, archives: Record<string, Uint8Array>): string {
  const entries = Object.entries(archives).map(
    ([version, bytes]) =>
      `  - apiVersion: v2\n    name: web\n    version: ${version}\n    digest: ${digestOf(bytes)}\n    urls: [${url}web-${version}.tgz]\n`,
  )
  return `apiVersion: v1\nentries:\n  web:\n${entries.join('')}generated: "2024-01-01T00:00:00Z"\n`
}

before(async () => {
  if (skip) return
  work = mkdtempSync(join(tmpdir(), 'flotilla-flags-'))
  const archives = Object.fromEntries(
    ['1.0.0', '1.1.0', '2.0.0', '3.0.0-rc.1'].map((version) => [version, packChart('web', files(version))]),
  )
  const answer = (path: string, authorization: string | undefined, needed: boolean) => {
    if (needed && authorization !== `Basic ${Buffer.from('robot:secret-word').toString('base64')}`) return { status: 401 }
    if (path === '/charts/index.yaml') return { body: index('', archives) }
    const version = /^\/charts\/web-(.+)\.tgz$/.exec(path)?.[1]
    if (version !== undefined && archives[version] !== undefined) return { body: archives[version] }
    if (path === '/values.yaml') return { body: 'name: remote\n' }
    return { status: 404 }
  }
  const open = await startChartServer((path) => answer(path, undefined, false))
  const closed = await startChartServer((path, { headers }) => answer(path, headers.authorization, true))
  const tls = await startChartServer((path) => answer(path, undefined, false), { tls: true })
  const charts = Object.fromEntries(Object.entries(archives).map(([version, bytes]) => [`charts/web:${version}`, bytes]))
  const registry = await startRegistry({ charts })
  servers.push(open, closed, tls, registry)
  const home = join(work, 'home')
  Object.assign(env, {
    HOME: home,
    PATH: '/usr/bin:/bin',
    HELM_CACHE_HOME: join(home, 'cache'),
    HELM_CONFIG_HOME: join(home, 'config'),
  })
  write(home, {
    'config/repositories.yaml': `apiVersion: ""\ngenerated: "0001-01-01T00:00:00Z"\nrepositories:\n- name: mine\n  url: ${closed.url}/charts\n  username: robot\n  password: secret-word\n- name: stale\n  url: ${open.url}/charts\n`,
    'cache/repository/mine-index.yaml': index(`${closed.url}/charts/`, archives),
    '.kube/config':
      'apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: c, user: u, namespace: from-context}}]\nclusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]\nusers: [{name: u, user: {token: t}}]\n',
  })
  write(join(work, 'web'), files('0.9.0'))
  write(join(work, 'parent'), {
    'Chart.yaml': `apiVersion: v2\nname: parent\nversion: 1.0.0\ndependencies:\n- {name: web, version: ^1.0, repository: "${open.url}/charts"}\n`,
    'templates/p.yaml': 'kind: ConfigMap\nmetadata: {name: parent}\n',
  })
  write(join(work, 'lonely'), {
    'Chart.yaml': 'apiVersion: v2\nname: lonely\nversion: 1.0.0\ndependencies: [{name: gone, version: "1"}]\n',
  })
  write(join(work, 'library'), { 'Chart.yaml': 'apiVersion: v2\nname: library\ntype: library\nversion: 1.0.0\n' })
  write(join(work, 'old'), files('1.0.0', { 'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\ndeprecated: true\n' }))
  write(work, {
    'one.yaml': 'name: one\nnested: {b: 2}\n',
    'two.yaml': 'list: [3]\nnested: {a: null}\n',
    'bad.yaml': '- a\n',
    'file.txt': 'line 1\nline 2\n',
    'plain.tgz': 'no archive',
    'chart.tgz': archives['2.0.0']!,
    'ca.pem': tls.caPem!,
  })
  Object.assign(place, { OPEN: open.url, CLOSED: closed.url, TLS: tls.url, REGISTRY: registry.host })
})

after(async () => {
  await Promise.all(servers.map((server) => server.close()))
  if (work !== '') rmSync(work, { recursive: true, force: true })
})

function fill(args: string): string[] {
  return args
    .split(' ')
    .filter((each) => each !== '')
    .map((each) => each.replace(/OPEN|CLOSED|TLS|REGISTRY/, (name) => place[name]!).replaceAll('~', ' '))
}

function runHelm(major: 3 | 4, args: readonly string[], input: string): Promise<Outcome> {
  return new Promise((done) => {
    const child = execFile(
      programs[major],
      ['template', ...args],
      { cwd: work, env, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => {
        const at = stderr.search(/^Error: /m)
        const text = at === -1 ? '' : stderr.slice(at + 'Error: '.length)
        done({
          code: error === null ? 0 : 1,
          out: stdout,
          error: text.replace('\n\nUse --debug flag to render out invalid YAML', '').trimEnd(),
        })
      },
    )
    child.stdin?.end(input)
  })
}

async function runOurs(major: 3 | 4, args: readonly string[], input: string): Promise<Outcome & { notices: string }> {
  let out = ''
  let notices = ''
  const program = new Command('flotilla').enablePositionalOptions().exitOverride()
  program.configureOutput({ writeOut: () => {}, writeErr: () => {} })
  renderCommand.register(program, {
    out: (text) => {
      out += text.endsWith('\n') ? text : `${text}\n`
    },
    err: (text) => {
      notices += text
    },
    env,
    colour: false,
    interactive: false,
    readStdin: async () => input,
    exitCode: () => {},
  })
  const before = process.cwd()
  process.chdir(work)
  try {
    await program.parseAsync(['render', 'helm', '--helm-version', String(major), ...args], { from: 'user' })
    return { code: 0, out, error: '', notices }
  } catch (error) {
    return { code: 1, out, error: messageOf(error).trimEnd(), notices }
  } finally {
    process.chdir(before)
  }
}

/** `error`: both refuse, each in its own words. */
const cases: readonly (readonly [args: string, how?: { input?: string; words?: 'own'; only?: 3 | 4 }])[] = [
  ['./web'],
  ['rel ./web'],
  ['rel ./web extra more', {}],
  ['rel ./web -n ns1'],
  ['rel ./web --name-template x'],
  ['rel ./web --generate-name'],
  ['./web --generate-name'],
  ['./web --name-template {{~"AB"~|~lower~}}-x'],
  ['Rel_X ./web'],
  ['rel ./nowhere'],
  ['rel nowhere'],
  ['rel nowhere/web'],
  ['rel plain.tgz'],
  ['rel one.yaml'],
  ['rel chart.tgz'],
  ['rel library'],
  ['rel lonely'],
  ['rel old'],
  ['rel ./web -f one.yaml -f two.yaml'],
  ['rel ./web -f one.yaml,two.yaml'],
  ['rel ./web -f missing.yaml'],
  ['rel ./web -f bad.yaml'],
  ['rel ./web -f -', { input: 'name: piped\n' }],
  ['rel ./web -f OPEN/values.yaml'],
  ['rel ./web -f OPEN/none.yaml'],
  ['rel ./web --set name=x,nested.c=1,list[1]=z --set-string s=1 --set-json j={"a":[1]} --set-literal l=a,b'],
  ['rel ./web --set-file name=file.txt'],
  ['rel ./web --set-file name=OPEN/values.yaml'],
  ['rel ./web --set-file name=OPEN/none.yaml'],
  ['rel ./web --set-file name=none.txt'],
  ['rel ./web --set name'],
  ['rel ./web --set nested=null,list={}'],
  ['rel ./web --set-json {"name":"whole"}'],
  ['rel ./web --set-json name=[1,'],
  ['rel ./web --kube-version 1.30'],
  ['rel ./web --kube-version v1.30.5'],
  ['rel ./web --kube-version wrong'],
  ['rel ./web -a x.io/v1'],
  ['rel ./web -a y.io/v1,x.io/v1'],
  ['rel ./web --api-versions x.io/v2'],
  ['rel ./web --is-upgrade'],
  ['rel ./web --include-crds'],
  ['rel ./web --skip-crds --include-crds'],
  ['rel ./web --skip-tests'],
  ['rel ./web --no-hooks'],
  ['rel ./web -s templates/b.yaml'],
  ['rel ./web -s templates/*.yaml -s templates/b.yaml'],
  ['rel ./web -s templates/hook.yaml --no-hooks'],
  ['rel ./web -s templates/none.yaml'],
  ['rel ./web -s crds/crd.yaml --include-crds'],
  ['rel ./web --render-subchart-notes --hide-notes --replace --create-namespace --timeout 5s'],
  ['rel ./web --dry-run=client'],
  ['rel ./web --dry-run'],
  ['rel ./web --dry-run=nonsense'],
  ['rel ./web --output-dir out'],
  ['rel ./web --output-dir out --release-name --include-crds'],
  ['rel ./web --output-dir out -s templates/b.yaml'],
  ['rel web --repo OPEN/charts'],
  ['rel web2 --repo OPEN/charts'],
  ['rel web --repo OPEN/charts --version 1.0.0'],
  ['rel web --repo OPEN/charts --version ^1.0'],
  ['rel web --repo OPEN/charts --version >=9'],
  ['rel web --repo OPEN/charts --version nonsense'],
  ['rel web --repo OPEN/charts --devel'],
  ['rel web --repo OPEN/none'],
  ['rel none --repo OPEN/charts'],
  ['rel web2 --repo http://127.0.0.1:1/charts'],
  ['rel web2 --repo ftp://127.0.0.1/charts', { words: 'own' }],
  ['rel web2 --repo CLOSED/charts'],
  ['rel web2 --repo CLOSED/charts --username robot --password secret-word', {}],
  ['rel web2 --repo CLOSED/charts --username robot --password wrong-word', {}],
  ['rel web2 --repo TLS/charts'],
  ['rel web2 --repo TLS/charts --ca-file ca.pem'],
  ['rel web2 --repo TLS/charts --insecure-skip-tls-verify'],
  ['rel OPEN/charts/web-1.0.0.tgz'],
  ['rel OPEN/charts/web-1.0.0.tgz --repository-config none.yaml'],
  ['rel OPEN/charts/web-7.0.0.tgz --repository-config none.yaml'],
  ['rel CLOSED/charts/web-1.0.0.tgz'],
  ['rel CLOSED/charts/web-1.0.0.tgz --repository-config none.yaml --username robot --password secret-word'],
  ['rel OPEN/charts/index.yaml --repository-config none.yaml', { words: 'own' }],
  ['rel mine/web'],
  ['rel mine/web --version 1.0.0'],
  ['rel mine/web --version 7'],
  ['rel mine/none'],
  ['rel stale/web'],
  ['rel oci://REGISTRY/charts/web --plain-http'],
  ['rel oci://REGISTRY/charts/web --plain-http --version 1.0.0'],
  ['rel oci://REGISTRY/charts/web --plain-http --version ^1'],
  ['rel oci://REGISTRY/charts/web:1.1.0 --plain-http'],
  ['rel oci://REGISTRY/charts/web:1.1.0 --plain-http --version 1.0.0'],
  ['rel oci://REGISTRY/charts/web --plain-http --version >=9'],
  ['rel oci://REGISTRY/charts/web --plain-http --version 7.7.7', { words: 'own' }],
  ['rel oci://REGISTRY/charts/none --plain-http', { words: 'own' }],
  ['rel oci://REGISTRY/charts/web', { only: 3 }],
  ['rel parent'],
  ['rel ./parent --dependency-update'],
]

function listing(folder: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of readdirSync(folder, { recursive: true })) {
    const path = join(folder, String(name))
    if (statSync(path).isFile()) found[relative(folder, path)] = readFileSync(path, 'utf8')
  }
  return found
}

for (const major of [3, 4] as const)
  test(`flags as with helm ${major}`, { skip, timeout: 600_000 }, async (context) => {
    const wrong: string[] = []
    for (const [written, how = {}] of cases) {
      if (how.only !== undefined && how.only !== major) continue
      const args = fill(written)
      const out = join(work, 'out')
      rmSync(out, { recursive: true, force: true })
      const ours = await runOurs(major, args, how.input ?? '')
      const ourFiles = written.includes('--output-dir out') ? listing(out) : {}
      rmSync(out, { recursive: true, force: true })
      const theirs = await runHelm(major, args, how.input ?? '')
      const theirFiles = written.includes('--output-dir out') ? listing(out) : {}
      rmSync(join(work, 'parent/charts'), { recursive: true, force: true })
      rmSync(join(work, 'parent/Chart.lock'), { force: true })
      const problems: string[] = []
      // helm says on standard output what it downloads; here that goes to standard error.
      const text = written.includes('--dependency-update') ? theirs.out.slice(theirs.out.indexOf('---\n')) : theirs.out
      if (ours.code !== theirs.code) problems.push('exit code')
      if (ours.code === 0 && ours.out !== text) problems.push('output')
      if (how.words !== 'own' && ours.error !== theirs.error) problems.push('error')
      if (JSON.stringify(ourFiles) !== JSON.stringify(theirFiles)) problems.push('files')
      if (`${ours.out}${ours.error}${ours.notices}`.includes('secret-word')) problems.push('password shown')
      if (problems.length > 0)
        wrong.push(
          `${written}: ${problems.join(', ')}\n  helm: ${(theirs.error || text).slice(0, 500)}\n  here: ${(ours.error || ours.out).slice(0, 500)}`,
        )
    }
    context.diagnostic(`${cases.length - wrong.length} of ${cases.length} the same`)
    assert.deepEqual(wrong, [])
  })
