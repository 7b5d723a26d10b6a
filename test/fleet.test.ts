import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { connectKubeconfigFile } from '../src/app/access/kubeconfig-files.js'
import type { FleetDescription } from '../src/app/fleet/fleet-config.js'
import { createSystemClientPorts } from '../src/app/system/system-client-ports.js'
import type { KubeClient } from '../src/kube/client/kube-client.js'
import type { KubeObject } from '../src/kube/object/kube-object.js'
import { isNotFound } from '../src/kube/object/status-error.js'

// One story, in order, through the command line and real sockets: what the guide tells a new user.
const home = mkdtempSync(join(tmpdir(), 'flotilla-e2e-'))
const directory = join(home, 'fleet')
let fleet: FleetDescription
const clients: KubeClient[] = []

interface Ran {
  code: number
  out: string
  err: string
}

function run(command: string, args: readonly string[], options: { cwd?: string; kubeconfig?: string } = {}): Promise<Ran> {
  const said = options.kubeconfig === undefined ? {} : { KUBECONFIG: options.kubeconfig }
  const env = { PATH: process.env.PATH, HOME: home, XDG_STATE_HOME: join(home, 'state'), GIT_CONFIG_NOSYSTEM: '1', ...said }
  return new Promise((done) => {
    execFile(command, [...args], { env, cwd: options.cwd, maxBuffer: 64 << 20, timeout: 60_000 }, (error, out, err) => {
      done({ code: error ? (typeof error.code === 'number' ? error.code : 1) : 0, out, err })
    })
  })
}
const flotilla = (...args: string[]) => run(process.execPath, [join(process.cwd(), 'bin/flotilla.js'), ...args])
const onFleet = (...args: string[]) => flotilla(...args, '--data-dir', directory)

async function ok(ran: Promise<Ran>): Promise<string> {
  const { code, out, err } = await ran
  assert.equal(code, 0, `exit ${code}: ${err}`)
  return out
}

async function client(context: string): Promise<KubeClient> {
  const { client } = await connectKubeconfigFile({ path: fleet.kubeconfig, context, name: context }, createSystemClientPorts({}))
  clients.push(client)
  return client
}

async function eventually<T>(what: string, look: () => Promise<T | undefined | false>, seconds = 30): Promise<T> {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const value = await look()
    if (value !== undefined && value !== false) return value
    if (Date.now() > end) {
      const apps = await onFleet('status')
      assert.fail(`${what}: not within ${seconds} s\n${apps.out}${apps.err}`)
    }
    await new Promise((done) => setTimeout(done, 50))
  }
}

async function object(kube: KubeClient, resource: string, namespace: string, name: string): Promise<KubeObject | undefined> {
  const type = (await kube.resources()).forName(resource)
  assert.ok(type, `no ${resource} on ${kube.name}`)
  try {
    return await kube.get({ type, namespace, name })
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

const image = (deployment: KubeObject | undefined) =>
  (deployment?.spec as { template: { spec: { containers: { image: string }[] } } } | undefined)?.template.spec.containers[0]
    ?.image

async function allHealthy(): Promise<void> {
  await eventually('all Applications Synced and Healthy', async () => {
    const apps = JSON.parse(await ok(onFleet('app', 'list', '-o', 'json'))).items as {
      status?: { sync?: { status: string }; health?: { status: string } }
    }[]
    return (
      apps.length >= 15 && apps.every((app) => app.status?.sync?.status === 'Synced' && app.status.health?.status === 'Healthy')
    )
  })
}

before(async () => {
  // Ports of its own: while this fleet is down, no other test may take them.
  const port = String(20_000 + (process.pid % 400) * 25)
  fleet = JSON.parse(await ok(onFleet('up', '--detach', '-o', 'json', '--pods', 'simulated', '--port', port))) as FleetDescription
})
after(async () => {
  for (const each of clients) each.close()
  await onFleet('down', '--purge')
  rmSync(home, { recursive: true, force: true })
})

test('up tells what it started, and keeps its secrets to the owner', async () => {
  assert.equal(fleet.dataDir, directory)
  assert.deepEqual(
    fleet.clusters.map((each) => each.context),
    ['us-east', 'eu-west', 'staging'],
  )
  assert.match(fleet.hub.server, /^https:\/\/127\.0\.0\.1:\d+$/)
  assert.match(fleet.git.url, /^https:\/\/127\.0\.0\.1:\d+\/fleet\.git$/)
  for (const file of [
    'kubeconfig',
    'fleet.json',
    'running.json',
    'git-credentials',
    'pki/ca.key',
    'pki/hub.token',
    'flotilla.log',
  ]) {
    assert.equal(statSync(join(directory, file)).mode & 0o777, 0o600, `${file} is readable by others`)
  }
  assert.equal(statSync(directory).mode & 0o777, 0o700)
})

test('a second fleet on the same directory is refused', async () => {
  for (const args of [['up'], ['up', '--detach']]) {
    const { code, err } = await onFleet(...args)
    assert.equal(code, 1)
    assert.match(err, /already running on .*\(process \d+\)/)
    assert.match(err, /flotilla down/)
  }
})

test('the demo becomes Synced and Healthy', async () => {
  await allHealthy()
  const listed = await ok(onFleet('cluster', 'list'))
  for (const name of ['us-east', 'eu-west', 'staging', 'in-cluster'])
    assert.match(listed, new RegExp(`^${name} +Healthy +v1\\.\\d+`, 'm'))
  const screen = await ok(onFleet('app', 'get', 'guestbook-us-east'))
  assert.match(screen, /Sync: +Synced/)
  assert.match(screen, /apps +Deployment +guestbook +guestbook +Synced +Healthy/)
})

test('the context fleet has the objects of all members', async () => {
  const all = await client(fleet.fleet!.context)
  const type = (await all.resources()).forName('deployments.apps')!
  const { items, metadata } = await all.list(type, { namespace: 'guestbook' })
  const names = items.map((item) => item.metadata.name)
  assert.deepEqual(names, ['guestbook@eu-west', 'guestbook@staging', 'guestbook@us-east'])
  assert.match(metadata.resourceVersion!, /^fleet:eu-west=\d+;staging=\d+;us-east=\d+$/)
  const one = await all.get({ type, namespace: 'guestbook', name: 'guestbook@staging' })
  assert.equal(one.metadata.labels?.['flotilla.dev/cluster'], 'staging')
  // It is no cluster: backups and checks of all clusters leave it out.
  assert.equal((await ok(onFleet('backup', '--to', join(home, 'backups')))).trim().split('\n').length, 4)
})

test('a push rolls out to every member', async () => {
  const work = join(home, 'work')
  await ok(run('git', ['clone', '-q', '-c', `include.path=${directory}/gitconfig`, fleet.git.url, work]))
  const path = join(work, 'apps/guestbook/base/deployment.yaml')
  writeFileSync(path, readFileSync(path, 'utf8').replace('nginx:1.27', 'nginx:1.28'))
  await ok(
    run('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', 'commit', '-qam', 'nginx 1.28'], { cwd: work }),
  )
  await ok(run('git', ['push', '-q'], { cwd: work }))
  const members = await Promise.all(fleet.clusters.map((each) => client(each.context)))
  for (const member of members) {
    await eventually(
      `the new image on ${member.name}`,
      async () => image(await object(member, 'deployments.apps', 'guestbook', 'guestbook')) === 'nginx:1.28',
      10,
    )
  }
})

test('drift heals', async () => {
  const member = await client('eu-west')
  const type = (await member.resources()).forName('deployments.apps')!
  const before = await object(member, 'deployments.apps', 'guestbook', 'guestbook')
  await member.delete({ type, namespace: 'guestbook', name: 'guestbook' })
  await eventually('the deleted Deployment is back', async () => {
    const now = await object(member, 'deployments.apps', 'guestbook', 'guestbook')
    return now !== undefined && now.metadata.uid !== before?.metadata.uid
  })
  await member.patch({ type, namespace: 'guestbook', name: 'guestbook' }, { kind: 'merge', body: { spec: { replicas: 7 } } })
  await eventually('the edited Deployment is as before', async () => {
    const now = await object(member, 'deployments.apps', 'guestbook', 'guestbook')
    return (now?.spec as { replicas: number } | undefined)?.replicas === 2
  })
})

test('labels bring and take applications', async () => {
  const staging = await client('staging')
  assert.equal(await object(staging, 'deployments.apps', 'shop', 'checkout'), undefined)
  const refused = await onFleet('cluster', 'label', 'staging', 'env=production')
  assert.equal(refused.code, 2)
  assert.match(refused.err, /already has a value \(staging\)/)
  await ok(onFleet('cluster', 'label', 'staging', 'env=production', '--overwrite'))
  await eventually('checkout arrives on staging', async () => object(staging, 'deployments.apps', 'shop', 'checkout'))
  await ok(onFleet('cluster', 'label', 'staging', 'env=staging', '--overwrite'))
  await eventually(
    'checkout leaves staging',
    async () => (await object(staging, 'deployments.apps', 'shop', 'checkout')) === undefined,
  )
  await allHealthy()
})

test('preview and diff say what would happen, and change nothing', async () => {
  const work = join(home, 'work')
  const preview = await ok(
    run(
      process.execPath,
      [join(process.cwd(), 'bin/flotilla.js'), 'appset', 'preview', 'applicationsets/services.yaml', '--data-dir', directory],
      { cwd: work },
    ),
  )
  assert.match(preview, /checkout-us-east/)
  assert.doesNotMatch(preview, /checkout-staging/)
  const same = await onFleet('app', 'diff', 'guestbook-us-east')
  assert.equal(same.code, 0, same.out + same.err)
  assert.equal(same.out, '')
})

test('bad use says what is wrong and exits with 2', async () => {
  for (const [args, message] of [
    [['up', '--clusters', 'Bad_Name'], /no name for a cluster/],
    [['up', '--port', '99999'], /no port/],
    [['app', 'list', '-o', 'xml'], /unknown output format "xml"/],
    [['frobnicate'], /unknown command/],
    [['cluster', 'label', 'staging', 'novalue'], /neither key=value nor key-/],
  ] as const) {
    const { code, err } = await flotilla(...args)
    assert.equal(code, 2, `${args.join(' ')}: ${err}`)
    assert.match(err, message)
    assert.doesNotMatch(err, /^\s+at /m)
  }
  const missing = await onFleet('app', 'get', 'nothing')
  assert.equal(missing.code, 1)
  assert.match(missing.err, /no Application nothing in namespace argocd/)
})

test('down and up again: everything is back', async () => {
  await ok(onFleet('down'))
  assert.equal(existsSync(join(directory, 'running.json')), false)
  const stopped = await onFleet('app', 'list')
  assert.equal(stopped.code, 1)
  assert.match(stopped.err, /no embedded fleet is running/)
  const again = JSON.parse(await ok(onFleet('up', '--detach', '-o', 'json', '--pods', 'simulated'))) as FleetDescription
  assert.deepEqual({ ...again, pid: 0 }, { ...fleet, pid: 0 })
  await allHealthy()
  const member = await client('us-east')
  assert.equal(image(await object(member, 'deployments.apps', 'guestbook', 'guestbook')), 'nginx:1.28')
})

test('$KUBECONFIG, as up tells to export it, names the fleet; a member of it is refused as a hub', async () => {
  const { kubeconfig } = fleet
  const inShell = (...args: string[]) => run(process.execPath, [join(process.cwd(), 'bin/flotilla.js'), ...args], { kubeconfig })
  const { where, clusters } = JSON.parse(await ok(inShell('status', '-o', 'json'))) as {
    where: string
    clusters: { total: number }
  }
  assert.deepEqual([where, clusters.total], [directory, 4])
  const member = await inShell('service', 'list', '--context', 'us-east')
  assert.equal(member.code, 2)
  assert.match(member.err, /context us-east of .*kubeconfig \(from \$KUBECONFIG\) is a member of the fleet, not its hub/)
  const made = await inShell('cluster', 'create', 'x', '--dry-run')
  assert.equal(made.code, 1)
  assert.match(made.err, /no embedded fleet is running on .*state\/flotilla\nFor the fleet of \$KUBECONFIG give --data-dir/)
})

test('a directory that holds other things is left alone', async () => {
  const other = mkdtempSync(join(home, 'other-'))
  chmodSync(other, 0o755)
  writeFileSync(join(other, 'thesis.txt'), 'mine')
  for (const args of [['up'], ['up', '--detach'], ['status'], ['down'], ['down', '--purge']]) {
    const { code, err } = await flotilla(...args, '--data-dir', other)
    if (args[0] !== 'down' || args.length > 1) assert.notEqual(code, 0, `${args.join(' ')}: ${err}`)
  }
  assert.equal(statSync(other).mode & 0o777, 0o755)
  assert.equal(readFileSync(join(other, 'thesis.txt'), 'utf8'), 'mine')
})

test('app delete takes what was deployed along, or leaves it with --no-cascade', async () => {
  const hub = await client('hub')
  const member = await client('us-east')
  const applications = (await hub.resources()).forName('applications')!
  const manual = (name: string): KubeObject => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace: 'argocd' },
    spec: {
      project: 'default',
      source: { repoURL: fleet.git.url, targetRevision: 'main', path: 'apps/api' },
      destination: { name: 'us-east', namespace: name },
      syncPolicy: { syncOptions: ['CreateNamespace=true'] },
    },
  })
  for (const name of ['kept', 'taken']) {
    await hub.create(applications, manual(name))
    assert.match(await ok(onFleet('app', 'sync', name)), /synced to [0-9a-f]{7}/)
    assert.ok(await object(member, 'deployments.apps', name, 'api'))
  }
  await ok(onFleet('app', 'delete', 'taken', '--wait'))
  assert.equal(await object(member, 'deployments.apps', 'taken', 'api'), undefined)
  await ok(onFleet('app', 'delete', 'kept', '--no-cascade', '--wait'))
  assert.ok(await object(member, 'deployments.apps', 'kept', 'api'))
})

test('a fleet that starts again has the members that it had, and those that are named now', async () => {
  const few = join(home, 'few')
  const start = async (...args: string[]) => {
    const text = await ok(flotilla('up', '--detach', '--no-demo', '-o', 'json', '--data-dir', few, ...args))
    await ok(flotilla('down', '--data-dir', few))
    return (JSON.parse(text) as FleetDescription).clusters.map((cluster) => cluster.name)
  }
  assert.deepEqual(await start('--clusters', 'one'), ['one'])
  assert.deepEqual(await start(), ['one'])
  assert.deepEqual(await start('--clusters', 'two'), ['one', 'two'])
  await ok(flotilla('down', '--purge', '--data-dir', few))
})

test('what would be undone or touch nothing is refused, and a set that cannot generate exits with 1', async () => {
  const revision = await onFleet('app', 'sync', 'guestbook-us-east', '--revision', 'v1')
  assert.equal(revision.code, 1)
  assert.match(revision.err, /would be undone at once/)
  const resource = await onFleet('app', 'sync', 'guestbook-us-east', '--resource', 'apps:Deployment:nope')
  assert.equal(resource.code, 1)
  assert.match(resource.err, /has no apps:Deployment:nope/)
  const file = join(home, 'set.yaml')
  const set = (name: string) => `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: tried}
spec:
  goTemplate: true
  goTemplateOptions: ['missingkey=error']
  generators: [{clusters: {selector: {matchLabels: {env: production}}}}]
  template:
    metadata: {name: 'tried-${name}'}
    spec: {project: default, source: {repoURL: 'https://git.test/a.git', path: a}, destination: {name: '{{.name}}'}}
`
  writeFileSync(file, set('{{.nope}}'))
  const broken = await onFleet('appset', 'preview', file)
  assert.equal(broken.code, 1)
  assert.match(broken.err, /map has no entry for key "nope"/)
  writeFileSync(file, set('{{.name}}'))
  assert.match(await ok(onFleet('appset', 'preview', file)), /tried-us-east +create/)
})

test('a directory that cannot be made is said so at once, and a fleet made without the demo stays without it', async () => {
  const impossible = await flotilla('up', '--data-dir', join(home, 'work/README.md/fleet'))
  assert.equal(impossible.code, 2)
  assert.match(impossible.err, /cannot be the data directory of a fleet/)
  const plain = ['--data-dir', join(home, 'plain/fleet')]
  const port = String(18_000 + (process.pid % 100) * 10)
  await ok(flotilla('up', '--detach', '--no-demo', '--clusters', 'one', '--port', port, ...plain))
  await ok(flotilla('down', ...plain))
  await ok(flotilla('up', '--detach', ...plain))
  assert.match((await flotilla('app', 'list', ...plain)).err, /No Applications/)
  await ok(flotilla('down', '--purge', ...plain))
})
