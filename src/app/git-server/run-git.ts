import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { CodedError } from '../../base/errors.js'

export type GitProcess = ChildProcessByStdio<Writable, Readable, Readable>

/** Settings that hold for every git process: nothing of the user's or the machine's configuration, no hooks. */
const settings = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['gc.auto', '0'],
  ['receive.autogc', 'false'],
  ['receive.fsckObjects', 'true'],
  ['receive.denyDeleteCurrent', 'refuse'],
  ['uploadpack.allowFilter', 'true'],
  ['uploadpack.allowAnySHA1InWant', 'true'],
  ['protocol.version', '2'],
] as const

/** Starts the system's git in a repository with an environment of our own making. */
export function startGit(
  directory: string,
  args: readonly string[],
  options: { protocol?: string; more?: readonly (readonly [string, string])[] } = {},
): GitProcess {
  const all = [...settings, ['safe.directory', directory] as const, ...(options.more ?? [])]
  const flags = all.flatMap(([key, value]) => ['-c', `${key}=${value}`])
  return spawn('git', [...flags, ...args], {
    cwd: directory,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HOME: '/nonexistent',
      LC_ALL: 'C',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_TERMINAL_PROMPT: '0',
      GIT_ATTR_NOSYSTEM: '1',
      ...(options.protocol === undefined ? {} : { GIT_PROTOCOL: options.protocol }),
    },
  })
}

/** Runs git to its end, with `input` on its standard input; fails with what it wrote to its standard error. */
export async function runGit(directory: string, args: readonly string[], input: string | Uint8Array = ''): Promise<string> {
  const child = startGit(directory, args)
  const out: Buffer[] = []
  const errors: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  // A git that ends early closes its input: its exit code says why.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const code = await exitOf(child)
  if (code !== 0) {
    throw new CodedError({
      code: 'git-failed',
      message: `git ${args[0]} in ${directory} ended with code ${code}: ${Buffer.concat(errors).toString().trim()}`,
      fix: 'Check that the directory is writable and that git 2.30 or newer is installed.',
    })
  }
  return Buffer.concat(out).toString()
}

/** The exit code; -1 when a signal ended it. Rejects when git cannot be started. */
export function exitOf(child: GitProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(
        new CodedError({
          code: 'git-not-found',
          message: `cannot start git: ${cause.message}`,
          fix: 'Install git 2.30 or newer and make sure that it is in PATH.',
          cause,
        }),
      ),
    )
    child.once('close', (code) => resolve(code ?? -1))
  })
}
