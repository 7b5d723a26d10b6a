import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { consoleCommands, docBlocks } from './doc-blocks.js'

/**
 * Runs the console blocks of a guide, in order, in one shell with a home of its own, as somebody who copies them would. `npm run up`
 * starts the fleet in the background; the port of the Git server is the one that was free. Without kubectl its commands are
 * left out. Between two blocks the fleet comes to rest. Every command must succeed.
 */
export async function runGuide(
  page: string,
  options: {
    kubectl: boolean
    pods?: 'auto' | 'simulated'
    prepare?: (guide: Guide) => void
    after?: Readonly<Record<string, (guide: Guide) => void>>
  },
): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'flotilla-guide-'))
  const guide = new Guide(home)
  try {
    guide.start(options.pods ?? 'simulated')
    options.prepare?.(guide)
    for (const block of docBlocks(page).filter(({ language }) => language === 'console')) {
      const commands = consoleCommands(block).filter((command) => options.kubectl || !/\bkubectl\b|KUBECONFIG/.test(command))
      for (const command of commands) {
        if (/\bflotilla hub\b/.test(command)) await guide.runUntil(command, /Hub running/)
        else if (!/^npm (run up|test)\b|flotilla up\b/.test(command)) guide.run(command, `${page}:${block.line}`)
        options.after?.[command]?.(guide)
      }
      // Looking changes nothing.
      if (commands.some((command) => /\bpush\b|\bdelete\b|\blabel\b|\bcluster add\b/.test(command))) guide.rest()
    }
  } finally {
    guide.stop()
    rmSync(home, { recursive: true, force: true })
  }
}

/** A shell that remembers where it is and what it has exported, and a fleet. */
export class Guide {
  readonly home: string
  readonly #env: Record<string, string>
  readonly #other: string
  #gitUrl = ''
  #cwd: string

  constructor(home: string) {
    this.home = home
    this.#cwd = home
    this.#other = join(home, 'other')
    const { PATH = '', LANG = 'C' } = process.env
    this.#env = {
      PATH,
      LANG,
      HOME: home,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Reader',
      GIT_AUTHOR_EMAIL: 'reader@example.com',
      GIT_COMMITTER_NAME: 'Reader',
      GIT_COMMITTER_EMAIL: 'reader@example.com',
    }
  }

  flotilla(...args: string[]): string {
    const result = spawnSync(process.execPath, [resolve('bin/flotilla.js'), ...args], { encoding: 'utf8', env: this.#env })
    assert.equal(result.status, 0, `flotilla ${args.join(' ')}: ${result.stdout}${result.stderr}`)
    return result.stdout
  }

  start(pods: 'auto' | 'simulated'): void {
    const fleet = JSON.parse(this.flotilla('up', '--detach', '-o', 'json', '--pods', pods)) as { git: { url: string } }
    this.#gitUrl = fleet.git.url
    this.rest()
  }

  stop(): void {
    for (const more of [[], ['--data-dir', this.#other]])
      spawnSync(process.execPath, [resolve('bin/flotilla.js'), 'down', '--purge', ...more], { env: this.#env })
  }

  /** Another cluster, with nothing on it, that ~/.kube/config reaches by a context of its own. */
  startOtherCluster(context: string): void {
    this.flotilla('up', '--detach', '--no-demo', '--pods', 'simulated', '--clusters', context, '--data-dir', this.#other)
    mkdirSync(join(this.home, '.kube'), { recursive: true })
    copyFileSync(join(this.#other, 'kubeconfig'), join(this.home, '.kube/config'))
  }

  /** Waits until every Application is Synced and Healthy. */
  rest(): void {
    const end = Date.now() + 60_000
    for (;;) {
      const apps = JSON.parse(this.flotilla('app', 'list', '-o', 'json')) as {
        items?: { status?: { sync?: { status?: string }; health?: { status?: string } } }[]
      }
      const items = apps.items ?? []
      const good = items.filter(({ status }) => status?.sync?.status === 'Synced' && status.health?.status === 'Healthy')
      if (items.length > 1 && good.length === items.length) return
      assert.ok(Date.now() < end, `the fleet does not come to rest: ${good.length} of ${items.length} Applications are well`)
      spawnSync('sleep', ['0.1'])
    }
  }

  run(command: string, where: string): string {
    const state = join(this.home, '.shell')
    const script = [
      `npx() { shift; ${this.#program} "$@"; }`,
      `[ -f ${state} ] && . ${state}`,
      'set -e',
      this.#adapted(command),
      `export -p > ${state}`,
      'echo "cwd:$PWD"',
    ].join('\n')
    const result = spawnSync('bash', ['-c', script], { encoding: 'utf8', env: this.#env, cwd: this.#cwd, timeout: 60_000 })
    assert.equal(result.status, 0, `${where}: $ ${command}\n${result.stdout}${result.stderr}`)
    const at = result.stdout.lastIndexOf('cwd:')
    this.#cwd = result.stdout.slice(at + 'cwd:'.length).trim()
    return result.stdout.slice(0, at)
  }

  /** A command that goes on until it is stopped: it has done what it should when it says so. */
  async runUntil(command: string, wanted: RegExp): Promise<void> {
    const script = this.#adapted(command).replace(/^npx flotilla/, `exec ${this.#program}`)
    const child = spawn('bash', ['-c', script], { env: this.#env, cwd: this.#cwd, detached: true })
    try {
      await new Promise<void>((done, fail) => {
        let text = ''
        const hear = (chunk: Buffer) => {
          text += chunk.toString()
          if (wanted.test(text)) done()
        }
        child.stdout.on('data', hear)
        child.stderr.on('data', hear)
        child.once('exit', () => fail(new Error(`$ ${command}\n${text}`)))
        setTimeout(() => fail(new Error(`$ ${command}: no ${wanted} within 60 s\n${text}`)), 60_000).unref()
      })
    } finally {
      // The group: the shell and what it runs.
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM')
    }
  }

  get #program(): string {
    return `"${process.execPath}" "${resolve('bin/flotilla.js')}"`
  }

  #adapted(command: string): string {
    return command.replace(/https:\/\/127\.0\.0\.1:\d+\/fleet\.git/g, this.#gitUrl)
  }
}
