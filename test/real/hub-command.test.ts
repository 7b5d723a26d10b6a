import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connectKubeconfigFile } from '../../src/app/access/kubeconfig-files.js'
import { createSystemClientPorts } from '../../src/app/system/system-client-ports.js'
import type { Application } from '../../src/dialects/argo-cd/kinds/application.js'
import { applicationType } from '../../src/dialects/argo-cd/kinds/resource-types.js'
import { isNotFound } from '../../src/kube/object/status-error.js'
import { builtInResources } from '../../src/kube/schema/resources.js'
import { startRealApiServer } from '../support/peers/real-apiserver.js'

const configMaps = builtInResources.find((type) => type.group === '' && type.plural === 'configmaps')!

test('flotilla hub against a real kube-apiserver: installs, delivers, heals, and stops when asked', async (t) => {
  const real = await startRealApiServer()
  if (typeof real === 'string') {
    t.skip(real)
    return
  }
  const home = mkdtempSync(join(tmpdir(), 'flotilla-hub-command-'))
  const repository = join(home, 'repository')
  mkdirSync(join(repository, 'app'), { recursive: true })
  writeFileSync(
    join(repository, 'app/config.yaml'),
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  greeting: hello\n',
  )
  const git = (...args: string[]) => execFileSync('git', args, { cwd: repository, stdio: 'ignore' })
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('-c', 'user.name=t', '-c', 'user.email=t@example.com', 'commit', '-qm', 'one')
  const args = [
    'bin/flotilla.js',
    'hub',
    '--kubeconfig',
    real.kubeconfig,
    '--install',
    '--allow-file-repositories',
    '--log-level',
    'warn',
  ]
  const hub = spawn(process.execPath, args, { env: { PATH: process.env.PATH, HOME: home }, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [hub.stdout, hub.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()))
  const ended = new Promise<number | null>((done) => hub.once('exit', done))
  const { client } = await connectKubeconfigFile({ path: real.kubeconfig, name: 'real' }, createSystemClientPorts({}))
  const until = async (what: string, look: () => Promise<boolean>) => {
    const end = Date.now() + 30_000
    while (!(await look())) {
      assert.ok(Date.now() < end, `${what}: not within 30 s\n${said}`)
      await new Promise((done) => setTimeout(done, 50))
    }
  }
  const greeting = async () => {
    try {
      return ((await client.get({ type: configMaps, namespace: 'web', name: 'web' })).data as { greeting?: string }).greeting
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }
  try {
    await until('the hub runs', () => Promise.resolve(/Hub running against Kubernetes v1\.\d+/.test(said)))
    const application: Application = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'web', namespace: 'argocd' },
      spec: {
        project: 'default',
        source: { repoURL: `file://${repository}`, path: 'app', targetRevision: 'main' },
        destination: { server: 'https://kubernetes.default.svc', namespace: 'web' },
        syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: ['CreateNamespace=true'] },
      },
    }
    await client.create(applicationType, application)
    await until('the object arrives', async () => (await greeting()) === 'hello')
    await until('the Application says so', async () => {
      const { status } = await client.get<Application>({ type: applicationType, namespace: 'argocd', name: 'web' })
      return status?.sync?.status === 'Synced' && status.health?.status === 'Healthy'
    })
    await client.delete({ type: configMaps, namespace: 'web', name: 'web' })
    await until('drift heals', async () => (await greeting()) === 'hello')
    hub.kill('SIGINT')
    assert.equal(await ended, 0, said)
  } finally {
    client.close()
    hub.kill('SIGKILL')
    await real.stop()
    rmSync(home, { recursive: true, force: true })
  }
})
