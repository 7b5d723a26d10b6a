import { lstat, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '../../base/clock.js'
import { UsageError } from '../../base/errors.js'
import { runGit } from './run-git.js'

/** The bare repositories below one directory, each in `NAME.git`. */
export interface RepositoryStore {
  /**
   * Makes the repository unless it is there, with one commit of these files (path to content) on branch `main`. It appears
   * whole or not at all; the same name twice, at once or later, leaves the first.
   */
  ensure(name: string, files?: Readonly<Record<string, string>>, message?: string): Promise<{ created: boolean }>
  /** The directory of a repository that exists; undefined for anything else, such as a path that leads out. */
  find(name: string): Promise<string | undefined>
}

/** One or more parts, none of which begins with a dot or a dash: no `..`, no hidden files, no options. */
const namePattern = /^[A-Za-z0-9_][\w.-]*(\/[A-Za-z0-9_][\w.-]*){0,7}$/

export function isRepositoryName(name: string): boolean {
  return name.length <= 200 && namePattern.test(name) && !/\.(git|lock)(\/|$)/.test(name)
}

export function createRepositoryStore(options: { root: string; clock: Clock }): RepositoryStore {
  const { root, clock } = options
  const inProgress = new Map<string, Promise<{ created: boolean }>>()

  async function find(name: string): Promise<string | undefined> {
    if (!isRepositoryName(name)) return undefined
    // A link could lead anywhere: every part of the way is a directory of our own.
    const parts = `${name}.git`.split('/')
    let directory = root
    for (const part of parts) {
      directory = join(directory, part)
      const stat = await lstat(directory).catch(() => undefined)
      if (stat === undefined || !stat.isDirectory()) return undefined
    }
    return directory
  }

  async function create(
    name: string,
    files: Readonly<Record<string, string>> | undefined,
    message: string,
  ): Promise<{ created: boolean }> {
    if ((await find(name)) !== undefined) return { created: false }
    const target = join(root, `${name}.git`)
    await mkdir(dirname(target), { recursive: true })
    const draft = await mkdtemp(join(root, '.new-'))
    try {
      await runGit(draft, ['init', '--quiet', '--bare', '--initial-branch=main', draft])
      if (files !== undefined) {
        await runGit(draft, ['fast-import', '--quiet', '--done'], importStream(files, message, clock.now()))
      }
      await rename(draft, target)
    } catch (error) {
      await rm(draft, { recursive: true, force: true })
      throw error
    }
    return { created: true }
  }

  return {
    find,
    ensure(name, files, message = 'Initial commit') {
      if (!isRepositoryName(name)) {
        return Promise.reject(
          new UsageError({
            code: 'invalid-repository-name',
            message: `${JSON.stringify(name)} is no name for a repository`,
            fix: 'Use letters, digits, dots, dashes and underscores, with / between parts and without .git at the end.',
          }),
        )
      }
      const running = inProgress.get(name)
      if (running) return running.then(() => ({ created: false }))
      const work = create(name, files, message).finally(() => inProgress.delete(name))
      inProgress.set(name, work)
      return work
    },
  }
}

/** A commit as git fast-import reads it. */
function importStream(files: Readonly<Record<string, string>>, message: string, now: number): Buffer {
  const parts: Buffer[] = []
  const line = (text: string) => parts.push(Buffer.from(`${text}\n`))
  const data = (text: string) => {
    const bytes = Buffer.from(text)
    line(`data ${bytes.length}`)
    parts.push(bytes, Buffer.from('\n'))
  }
  line('commit refs/heads/main')
  line(`committer Flotilla <flotilla@localhost> ${Math.floor(now / 1000)} +0000`)
  data(message)
  for (const path of Object.keys(files).sort()) {
    line(`M 100644 inline ${quotePath(path)}`)
    data(files[path]!)
  }
  line('')
  line('done')
  return Buffer.concat(parts)
}

function quotePath(path: string): string {
  return `"${path.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`
}
