import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Application } from '../../../src/dialects/argo-cd/kinds/application.js'
import type { ApplicationSet } from '../../../src/dialects/argo-cd/kinds/application-set.js'
import type { KubeObject } from '../../../src/kube/object/kube-object.js'

/** Why tests that drive a running fleet with kubectl and real input cannot run here; false when they can. */
export function explainMissingInputs(): string | false {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' })
  } catch {
    return 'kubectl is not installed'
  }
  return process.env.FLOTILLA_INPUTS ? false : 'FLOTILLA_INPUTS does not name a directory with seeds/ and fixtures/'
}

export interface Ran {
  readonly stdout: string
  readonly stderr: string
  readonly failed: boolean
}

/** A fleet started by `flotilla up --detach` on a directory of its own. */
export interface RunningFleet {
  readonly folder: string
  /** kubectl; `input` goes to its stdin. Fails the test when it fails, unless `fails` is set. Blanks part the arguments. */
  kubectl(args: string, options?: { input?: string; fails?: boolean }): Promise<Ran>
  /** The command line of the product, on this fleet. */
  flotilla(args: string, options?: { fails?: boolean }): Promise<Ran>
  /** A Git repository with these files and folders on the branch main; gives its file:// URL. */
  repository(
    name: string,
    content: { files?: Readonly<Record<string, string>>; folders?: Readonly<Record<string, string>> },
  ): string
  /** Commits a change to a repository and has the hub look. */
  commit(name: string, files: Readonly<Record<string, string>>): void
  application(name: string): Promise<Application>
  applications(): Promise<Application[]>
  applicationSet(name: string): Promise<ApplicationSet>
  stop(): Promise<void>
}

export async function startRunningFleet(options: {
  clusters: string
  pods?: 'auto' | 'simulated'
  /** Path of the file that --pods-config names. */
  podsConfig?: string
}): Promise<RunningFleet> {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-real-'))
  const dataDir = join(folder, 'state')
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    KUBECONFIG: join(dataDir, 'kubeconfig'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'test',
    GIT_AUTHOR_EMAIL: 'test@example.com',
    GIT_COMMITTER_NAME: 'test',
    GIT_COMMITTER_EMAIL: 'test@example.com',
  }
  const run = (file: string, args: readonly string[], { input, fails }: { input?: string; fails?: boolean } = {}) =>
    new Promise<Ran>((resolve, reject) => {
      const child = execFile(file, args, { env, timeout: 120_000, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
        if (error && fails !== true) reject(new Error(`${file} ${args.join(' ')}: ${stderr || stdout || error.message}`))
        else resolve({ stdout, stderr, failed: error !== null })
      })
      child.stdin?.on('error', () => {})
      child.stdin?.end(input ?? '')
    })
  const flotilla = (args: readonly string[], more: { fails?: boolean } = {}) =>
    run(process.execPath, ['bin/flotilla.js', ...args, '--data-dir', dataDir], more)
  const kubectl: RunningFleet['kubectl'] = (args, more) => run('kubectl', args.split(' '), more)
  const git = (repository: string, ...args: string[]) =>
    execFileSync('git', ['-C', repository, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const write = (repository: string, files: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(repository, path)), { recursive: true })
      writeFileSync(join(repository, path), text)
    }
    git(repository, 'add', '-A')
    git(repository, 'commit', '-q', '--allow-empty', '-m', 'files')
  }
  const read = async <T extends KubeObject>(args: string) => JSON.parse((await kubectl(`${args} -o json`)).stdout) as T
  const pathOf = (name: string) => join(folder, 'git', name)
  await flotilla([
    'up',
    '--detach',
    '--no-demo',
    '--no-sync',
    '--pods',
    options.pods ?? 'simulated',
    ...(options.podsConfig === undefined ? [] : ['--pods-config', options.podsConfig]),
    '--clusters',
    options.clusters,
  ])
  return {
    folder,
    kubectl,
    flotilla: (args, more) => flotilla(args.split(' '), more),
    repository(name, { files = {}, folders = {} }) {
      const path = pathOf(name)
      mkdirSync(path, { recursive: true })
      git(path, 'init', '-q', '-b', 'main')
      for (const [to, from] of Object.entries(folders)) cpSync(from, join(path, to), { recursive: true })
      write(path, files)
      return `file://${path}`
    },
    commit: (name, files) => write(pathOf(name), files),
    application: (name) => read<Application>(`get application ${name} -n argocd`),
    applications: async () => (await read<KubeObject & { items: Application[] }>('get applications -n argocd')).items,
    applicationSet: (name) => read<ApplicationSet>(`get applicationset ${name} -n argocd`),
    async stop() {
      await flotilla(['down'], { fails: true })
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Asks again until `check` passes, for at most `seconds`; then fails as `check` did last. */
export async function eventually<T>(check: () => Promise<T>, seconds = 60): Promise<T> {
  const end = Date.now() + seconds * 1000
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (Date.now() > end) throw error
      await new Promise((done) => setTimeout(done, 250))
    }
  }
}

/** The Applications (all of them, or these) are Synced and Healthy and no sync is under way; says of each that is not why. */
export async function assertSyncedAndHealthy(fleet: RunningFleet, names?: readonly string[]): Promise<void> {
  const all = await fleet.applications()
  const meant = names === undefined ? all : all.filter((app) => names.includes(app.metadata.name))
  assert.ok(meant.length === (names ?? all).length && meant.length > 0, `there are ${all.map((app) => app.metadata.name).join()}`)
  const wrong = meant.flatMap((app) => {
    const { sync, health, conditions, operationState, resources } = app.status ?? {}
    const isDone = operationState === undefined || operationState.phase === 'Succeeded'
    if (sync?.status === 'Synced' && health?.status === 'Healthy' && isDone) return []
    const rows = (resources ?? []).filter((row) => row.status === 'OutOfSync' || (row.health && row.health.status !== 'Healthy'))
    return [
      `${app.metadata.name}: ${sync?.status} ${health?.status}; ${operationState?.phase ?? ''} ${operationState?.message ?? ''}; ${JSON.stringify(conditions ?? [])} ${JSON.stringify(rows)}`,
    ]
  })
  assert.deepEqual(wrong, [])
}
