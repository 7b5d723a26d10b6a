import { spawn } from 'node:child_process'
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.js'
import { CodedError } from '../../base/errors.js'
import type { RepositoryCredentials } from './contract.js'
import type { GitUrl } from './git-url.js'

/** What git itself needs from outside: the program, and variables such as PATH and https_proxy. */
export interface GitProgram {
  readonly command: string
  readonly environment: Readonly<Record<string, string>>
}

/** git ended otherwise than well. `text` is what it said, without credentials. */
export class GitFailed extends CodedError {
  readonly text: string
  readonly timedOut: boolean
  constructor(text: string, timedOut: boolean) {
    super({ code: 'git-failed', message: text })
    this.text = text
    this.timedOut = timedOut
  }
}

/**
 * Settings for every run: nobody is asked for anything, neither the user's nor the system's configuration counts (a
 * credential helper there would hand out a person's rights), no hooks, only known protocols.
 */
export function gitEnvironment(
  program: GitProgram,
  home: string,
  settings: readonly (readonly [string, string])[] = [],
): Record<string, string> {
  const all = [
    ['credential.helper', ''],
    ['core.hooksPath', '/dev/null'],
    ['core.askPass', ''],
    ['safe.directory', '*'],
    ['gc.autoDetach', 'false'],
    ['protocol.version', '2'],
    ...settings,
  ] as const
  const environment: Record<string, string> = {
    ...program.environment,
    HOME: home,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    SSH_ASKPASS: '',
    GIT_ALLOW_PROTOCOL: 'https:http:ssh:git:file',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_CONFIG_COUNT: String(all.length),
  }
  for (const [index, [key, value]] of all.entries()) {
    environment[`GIT_CONFIG_KEY_${index}`] = key
    environment[`GIT_CONFIG_VALUE_${index}`] = value
  }
  return environment
}

/**
 * Runs git to its end and returns what it wrote. Credentials reach it by environment and by files that only the owner can
 * read and that go when it ends: never as arguments, which any user of the machine can see.
 */
export async function runGit(
  program: GitProgram,
  options: {
    args: readonly string[]
    home: string
    clock: Clock
    url?: GitUrl
    credentials?: ReturnType<RepositoryCredentials>
    timeoutMs: number
    maxOutputBytes?: number
    signal?: AbortSignal
    /** A name for temporary files that no other run uses at the same time. */
    token?: string
  },
): Promise<string> {
  const { url } = options
  const credentials =
    options.credentials ?? (url?.password !== undefined ? { username: url.username, password: url.password } : undefined)
  const settings: [string, string][] = []
  const more: Record<string, string> = {}
  const scratch = join(options.home, `run-${options.token ?? 'shared'}`)
  const secretFile = async (name: string, text: string) => {
    await mkdir(scratch, { recursive: true, mode: 0o700 })
    const path = join(scratch, name)
    await writeFile(path, text.endsWith('\n') ? text : `${text}\n`, { mode: 0o600 })
    await chmod(path, 0o600)
    return path
  }
  try {
    if (url && credentials && (url.protocol === 'https' || url.protocol === 'http')) {
      if (credentials.bearerToken !== undefined)
        settings.push([`http.${url.origin}/.extraHeader`, `Authorization: Bearer ${credentials.bearerToken}`])
      else if (credentials.password !== undefined || credentials.username !== undefined) {
        const pair = `${credentials.username ?? 'git'}:${credentials.password ?? ''}`
        settings.push([`http.${url.origin}/.extraHeader`, `Authorization: Basic ${Buffer.from(pair).toString('base64')}`])
      }
      if (credentials.insecure) settings.push([`http.${url.origin}/.sslVerify`, 'false'])
      if (credentials.caPem !== undefined)
        settings.push([`http.${url.origin}/.sslCAInfo`, await secretFile('ca.pem', credentials.caPem)])
    }
    if (url?.protocol === 'ssh') {
      const ssh = [
        'ssh',
        '-o',
        'BatchMode=yes',
        '-o',
        'ConnectTimeout=15',
        '-o',
        `UserKnownHostsFile=${quote(join(options.home, 'known_hosts'))}`,
      ]
      ssh.push('-o', `StrictHostKeyChecking=${credentials?.insecure ? 'no' : 'accept-new'}`)
      if (credentials?.sshPrivateKey !== undefined)
        ssh.push('-o', 'IdentitiesOnly=yes', '-i', quote(await secretFile('key', credentials.sshPrivateKey)))
      more.GIT_SSH_COMMAND = ssh.join(' ')
    }
    const environment = { ...gitEnvironment(program, options.home, settings), ...more }
    return await capture(program.command, options, environment)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

function quote(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`
}

function capture(
  command: string,
  options: {
    args: readonly string[]
    timeoutMs: number
    maxOutputBytes?: number
    signal?: AbortSignal
    home: string
    clock: Clock
  },
  environment: Record<string, string>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    if (options.signal?.aborted) {
      reject(options.signal.reason)
      return
    }
    // A group of its own: a helper (git-remote-https, ssh) that hangs is ended with git.
    const child = spawn(command, options.args, {
      env: environment,
      cwd: options.home,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const output: Buffer[] = []
    let bytes = 0
    let errors = ''
    let over: 'time' | 'size' | 'abort' | undefined
    const end = (why: typeof over) => {
      over ??= why
      if (child.pid === undefined) return
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {
        child.kill('SIGKILL')
      }
    }
    const cancelTimer = options.clock.after(options.timeoutMs, () => end('time'))
    const onAbort = () => end('abort')
    options.signal?.addEventListener('abort', onAbort, { once: true })
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > (options.maxOutputBytes ?? 64 * 1024 * 1024)) end('size')
      else output.push(chunk)
    })
    child.stderr.on('data', (chunk: Buffer) => {
      if (errors.length < 8192) errors += chunk.toString('utf8')
    })
    const settle = () => {
      cancelTimer()
      options.signal?.removeEventListener('abort', onAbort)
    }
    child.on('error', (error) => {
      settle()
      reject(new GitFailed(`the program ${command} does not start: ${error.message}`, false))
    })
    child.on('close', (code) => {
      settle()
      if (over === 'abort') reject(options.signal?.reason)
      else if (over === 'time') reject(new GitFailed(`git gave no result within ${Math.round(options.timeoutMs / 1000)} s`, true))
      else if (over === 'size') reject(new GitFailed('git wrote more than is taken', false))
      else if (code !== 0) reject(new GitFailed(errors.trim() || `git ended with status ${code}`, false))
      else resolve(Buffer.concat(output).toString('utf8'))
    })
  })
}
